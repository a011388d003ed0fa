// Pictures of <figure data-chart>: colours from the page's own variables, texts as real text (SVG), a table stands beside each.
(() => {
  "use strict";
  const NAMESPACE = "http://www.w3.org/2000/svg";
  const drawn = new Map();
  const variable = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const language = document.documentElement.lang || "en";
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
  const short = new Intl.NumberFormat(language, { notation: "compact", maximumFractionDigits: 1 });
  const percent = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 });
  const dayOf = (value) => new Intl.DateTimeFormat(language, { day: "numeric", month: "short" }).format(new Date(value));
  const longDay = (value) => new Intl.DateTimeFormat(language, { day: "numeric", month: "long", year: "numeric" }).format(new Date(value));
  const isDate = (value) => typeof value === "string" && /^\d{4}-\d\d-\d\d/.test(value);
  const said = (value) => (isDate(value) ? longDay(value) : value);

  // A place between 0 and 1 on the one scale of warmth, as a plain colour that charts can calculate with.
  function warmthAt(share) {
    const stops = ["cold", "sand", "amber", "coral"].map((name) => variable(name).slice(1).match(/../g).map((part) => parseInt(part, 16)));
    const at = Math.min(Math.max(share, 0), 1) * (stops.length - 1);
    const left = Math.min(Math.floor(at), stops.length - 2);
    const mixed = stops[left].map((part, i) => Math.round(part + (stops[left + 1][i] - part) * (at - left)));
    return `rgb(${mixed.join(", ")})`;
  }
  function series(data) {
    if (data.palette === "temperature") return ["cold", "amber", "coral"].map(variable);
    const count = data.columns.length - 1;
    if (data.palette === "stages") return data.columns.slice(1).map((_name, i) => warmthAt(count > 1 ? i / (count - 1) : 0));
    return [1, 2, 3, 4, 5, 6, 7].map((n) => variable(`series-${n}`));
  }
  function base(data) {
    const ink = variable("ink"), quiet = variable("ink-quiet"), line = variable("line");
    return {
      color: series(data),
      animationDuration: 350,
      textStyle: { fontFamily: variable("font") || "sans-serif", color: ink },
      grid: { left: 8, right: 16, top: data.columns.length > 2 ? 36 : 14, bottom: 4, containLabel: true },
      tooltip: {
        renderMode: "richText", trigger: "axis", confine: true, backgroundColor: variable("paper-raised"), borderColor: line,
        textStyle: { color: ink, fontFamily: variable("font") }, valueFormatter: (value) => (value == null ? "—" : number.format(value)),
        axisPointer: { lineStyle: { color: quiet }, shadowStyle: { color: "rgba(128,120,110,.08)" } },
      },
      legend: data.columns.length > 2 ? { top: 0, left: 0, icon: "circle", itemWidth: 9, itemHeight: 9, textStyle: { color: quiet } } : undefined,
      axis: {
        axisLabel: { color: quiet, hideOverlap: true }, axisLine: { lineStyle: { color: variable("line-strong") } },
        axisTick: { show: false }, splitLine: { lineStyle: { color: line } },
      },
    };
  }
  const without = ({ axis, ...rest }) => rest;

  // The last day or week is not over: its stretch is dashed and unfilled, and the tooltip says so.
  function unfinished(line, data, color) {
    const last = data.rows.length - 1;
    if (!data.unfinished || last < 1) return [line];
    const until = line.data.map((value, i) => (i === last ? null : value));
    const since = line.data.map((value, i) => (i < last - 1 ? null : value));
    return [{ ...line, data: until, color }, { ...line, data: since, color, stack: undefined, areaStyle: undefined, lineStyle: { width: 2, type: "dashed" } }];
  }
  function toldOf(all, data) {
    const values = new Map();
    all.forEach((one) => { if (one.value != null || !values.has(one.seriesName)) values.set(one.seriesName, one.value); });
    const open = data.unfinished && all[0].dataIndex === data.rows.length - 1 ? ` (${data.unfinished})` : "";
    return [`${said(all[0].axisValue)}${open}`, ...[...values].map(([name, value]) => `${name}: ${value == null ? "—" : number.format(value)}`)].join("\n");
  }

  function overTime(data, filled) {
    const b = base(data);
    return {
      ...without(b),
      xAxis: { ...b.axis, type: "category", boundaryGap: false, data: data.rows.map((row) => row[0]), splitLine: { show: false }, axisLabel: { ...b.axis.axisLabel, formatter: (v) => (isDate(v) ? dayOf(v) : v) } },
      yAxis: { ...b.axis, type: "value", minInterval: 1, axisLine: { show: false }, axisLabel: { ...b.axis.axisLabel, formatter: (v) => short.format(v) } },
      tooltip: { ...b.tooltip, formatter: (all) => toldOf(all, data) },
      series: data.columns.slice(1).flatMap((name, i) => unfinished({
        name, type: "line", data: data.rows.map((row) => row[i + 1]), showSymbol: data.rows.length < 3, symbol: "circle", lineStyle: { width: 2 },
        stack: filled && data.columns.length > 2 && data.stacked !== false ? "all" : undefined,
        areaStyle: filled ? { opacity: data.columns.length > 2 ? 0.32 : 0.16 } : undefined, emphasis: { focus: "series" },
      }, data, b.color[i % b.color.length])),
    };
  }
  function bars(data) {
    const b = base(data);
    const rows = [...data.rows].reverse();
    return {
      ...without(b),
      grid: { ...b.grid, right: 44 },
      xAxis: { ...b.axis, type: "value", axisLabel: { show: false }, splitLine: { show: false }, axisLine: { show: false } },
      yAxis: { ...b.axis, type: "category", data: rows.map((row) => row[0]), axisLine: { show: false }, axisLabel: { color: variable("ink"), width: 170, overflow: "truncate" } },
      tooltip: { ...b.tooltip, axisPointer: { ...b.tooltip.axisPointer, type: "shadow" } },
      series: data.columns.slice(1).map((name, i) => ({
        name, type: "bar", data: rows.map((row) => row[i + 1]), barMaxWidth: 18, itemStyle: { borderRadius: 3 },
        label: { show: true, position: "right", color: variable("ink-quiet"), formatter: (one) => number.format(one.value || 0) },
      })),
    };
  }
  function histogram(data) {
    const b = base(data);
    const warmths = { cold: variable("cold"), warm: variable("amber"), hot: variable("coral") };
    const marks = [...(data.marks || [])].sort((x, y) => x.at - y.at);
    const hasWarmth = marks.some((mark) => mark.kind);
    const colourOf = (from) => marks.reduce((found, mark) => (mark.kind && from >= mark.at ? warmths[mark.kind] : found), hasWarmth ? warmths.cold : b.color[0]);
    const starts = data.rows.map((row) => Number(row[0]));
    const width = starts.length > 1 ? Math.min(...starts.slice(1).map((start, i) => start - starts[i])) : 1;
    return {
      ...without(b),
      grid: { ...b.grid, top: 26 },
      xAxis: { ...b.axis, type: "value", min: starts[0], max: starts[starts.length - 1] + width, interval: starts.length > 16 ? undefined : width, splitLine: { show: false }, axisLabel: { ...b.axis.axisLabel, formatter: (v) => number.format(v) } },
      yAxis: { ...b.axis, type: "value", minInterval: 1, axisLine: { show: false }, axisLabel: { ...b.axis.axisLabel, formatter: (v) => short.format(v) } },
      tooltip: { ...b.tooltip, trigger: "item", formatter: (one) => `${number.format(one.value[0] - width / 2)} – ${number.format(one.value[0] + width / 2)}: ${number.format(one.value[1])}` },
      series: [{
        name: data.columns[1], type: "bar", barCategoryGap: "8%",
        data: data.rows.map((row) => ({ value: [Number(row[0]) + width / 2, row[1]], itemStyle: { color: colourOf(row[0]), borderRadius: [3, 3, 0, 0] } })),
        markLine: marks.length ? { symbol: "none", silent: true, lineStyle: { color: variable("ink-quiet"), type: "dashed" }, label: { color: variable("ink-quiet"), formatter: (one) => one.name }, data: marks.map((mark) => ({ name: mark.label, xAxis: mark.at })) } : undefined,
      }],
    };
  }
  function sankey(data) {
    const b = base(data);
    const names = [...new Set(data.rows.flatMap((row) => [row[0], row[1]]))];
    return {
      ...without(b),
      tooltip: { ...b.tooltip, trigger: "item", formatter: (one) => (one.dataType === "edge" ? `${one.data.source} → ${one.data.target}: ${number.format(one.value)}` : `${one.name}: ${number.format(one.value)}`) },
      series: [{
        type: "sankey", left: 4, right: 110, top: 8, bottom: 8, nodeWidth: 10, nodeGap: 12, emphasis: { focus: "adjacency" },
        data: names.map((name, i) => ({ name, itemStyle: { color: b.color[i % b.color.length], borderWidth: 0 } })),
        links: data.rows.map(([source, target, value]) => ({ source, target, value })),
        lineStyle: { color: "gradient", opacity: 0.28, curveness: 0.5 }, label: { color: variable("ink"), fontFamily: variable("font") },
      }],
    };
  }
  function band(data) {
    const option = overTime({ ...data, columns: data.columns.slice(0, 2) }, false);
    const edge = (name, values, area) => ({ name, type: "line", data: values, stack: "band", symbol: "none", silent: true, lineStyle: { opacity: 0 }, areaStyle: area ? { color: variable("series-1"), opacity: 0.16 } : undefined, tooltip: { show: false } });
    option.series[0].color = variable("series-1");
    option.series.unshift(edge("low", data.rows.map((row) => row[2])), edge("high", data.rows.map((row) => row[3] - row[2]), true));
    return option;
  }
  const OPTIONS = { area: (d) => overTime(d, true), line: (d) => overTime(d, false), bar: bars, histogram, sankey, band };

  // The funnel is drawn as HTML and SVG: stages side by side, people above, conversion below.
  function funnel(place, data) {
    const most = Math.max(...data.rows.map((row) => row[1] || 0), 1);
    const height = (value) => (value ? Math.max((Math.sqrt(value) / Math.sqrt(most)) * 150, 3) : 0);
    const list = document.createElement("ol");
    list.className = "funnel";
    data.rows.forEach((row, i) => {
      const [name, people] = row;
      const [rate, days, trade] = row.length > 3 ? row.slice(2) : [null, null, row[2]];  // a stock has no way
      const li = document.createElement("li");
      const box = document.createElement(data.links[i] ? "a" : "div");
      box.className = "funnel-stage";
      if (data.links[i]) box.href = data.links[i];
      const top = document.createElement("b");
      top.className = "funnel-people";
      top.textContent = number.format(people || 0);
      const svg = document.createElementNS(NAMESPACE, "svg");
      svg.setAttribute("viewBox", "0 0 100 150");
      svg.setAttribute("preserveAspectRatio", "none");
      svg.setAttribute("aria-hidden", "true");
      const here = height(people), next = height((data.rows[i + 1] || [])[1]);
      const shape = (name, attributes) => {
        const element = document.createElementNS(NAMESPACE, name);
        Object.entries(attributes).forEach(([key, value]) => element.setAttribute(key, value));
        element.style.fill = warmthAt(data.rows.length > 1 ? i / (data.rows.length - 1) : 0);
        svg.append(element);
      };
      if (i < data.rows.length - 1) shape("polygon", { class: "funnel-next", points: `70,${150 - here} 106,${150 - next} 106,150 70,150` });
      shape("rect", { class: "funnel-bar", x: 0, y: 150 - here, width: 70, height: here });
      const bottom = document.createElement("div");
      const label = document.createElement("div");
      label.className = "funnel-name";
      label.textContent = name;
      if (trade) { const small = document.createElement("small"); small.textContent = trade; label.append(small); }
      const facts = document.createElement("div");
      facts.className = "funnel-rate";
      facts.textContent = [rate == null ? "" : `→ ${percent.format(rate)}`, days == null ? "" : new Intl.NumberFormat(language, { style: "unit", unit: "day", maximumFractionDigits: 1 }).format(days)].filter(Boolean).join(" · ");
      bottom.append(label, facts);
      box.append(top, svg, bottom);
      li.append(box);
      list.append(li);
    });
    place.replaceChildren(list);
    place.removeAttribute("role");
    place.removeAttribute("aria-label");
  }

  let loading = null;
  function library() {
    if (window.echarts) return Promise.resolve();
    loading ||= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = document.body.dataset.echarts;
      script.onload = resolve;
      script.onerror = reject;
      document.head.append(script);
    });
    return loading;
  }
  function draw(figure) {
    const source = document.getElementById(figure.dataset.source);
    const place = figure.querySelector(".chart-picture");
    if (!source || !place) return;
    const data = JSON.parse(source.textContent);
    if (figure.dataset.chart === "funnel") { funnel(place, data); return; }
    const option = OPTIONS[figure.dataset.chart];
    if (!option) return;
    const rows = data.rows.length * (data.columns.length - 1);
    const height = data.height || (figure.dataset.chart === "bar" ? Math.max(90, rows * 30 + 30) : 0);
    if (height) place.style.height = `${height}px`;
    library().then(() => {
      const chart = drawn.get(place) || window.echarts.init(place, null, { renderer: "svg" });
      drawn.set(place, chart);
      chart.setOption(option(data), true);
      chart.off("click");
      chart.on("click", (event) => {
        const index = figure.dataset.chart === "bar" ? data.rows.length - 1 - event.dataIndex : event.dataIndex;
        if (event.seriesType !== "sankey" && data.links[index]) location.href = data.links[index];
      });
    });
  }
  const drawAll = (within = document) => within.querySelectorAll("figure[data-chart]").forEach(draw);
  drawAll();
  document.addEventListener("theme", () => drawAll());
  document.body.addEventListener("htmx:afterSwap", (event) => {
    drawn.forEach((chart, place) => { if (!place.isConnected) { chart.dispose(); drawn.delete(place); } });
    if (event.detail.target) drawAll(event.detail.target.parentNode || document);
  });
  let waiting = 0;
  window.addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(() => drawn.forEach((chart) => chart.resize()), 120); });
})();
