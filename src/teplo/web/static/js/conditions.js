// The condition builder: a tree of rows over one hidden input of JSON. The server knows the rules; this only edits.
(() => {
  "use strict";
  if (window.teploConditions) return;
  const MODES = ["all", "any", "none", "not_all"];
  const SPANS = ["within", "within_next", "older_than"];
  const vocabularies = new Map();
  const token = () => JSON.parse(document.body.getAttribute("hx-headers") || "{}")["X-CSRFToken"] || "";

  function vocabulary(box) {
    const url = `${box.dataset.vocabulary}?of=${box.dataset.of}`;
    if (!vocabularies.has(url)) {
      vocabularies.set(url, fetch(url, { headers: { Accept: "application/json" } }).then((answer) => {
        if (!answer.ok) throw new Error(answer.status);
        return answer.json();
      }).then((known) => {
        known.fields = new Map(known.groups.flatMap((group) => group.fields).map((field) => [field.key, field]));
        return known;
      }).catch((error) => { vocabularies.delete(url); throw error; }));
    }
    return vocabularies.get(url);
  }
  async function post(url, data, signal) {
    const answer = await fetch(url, { method: "POST", signal, body: JSON.stringify(data), headers: { "Content-Type": "application/json", "X-CSRFToken": token() } });
    if (!answer.ok) throw new Error(answer.status);
    return answer.json();
  }

  // JSON → tree and back. A path of the JSON is kept at each node, so that the server's error finds its row.
  function grow(data, known) {
    if (data.all) return { mode: "all", parts: data.all.map((part) => grow(part, known)) };
    if (data.any) return { mode: "any", parts: data.any.map((part) => grow(part, known)) };
    if (data.not) {
      const inner = grow(data.not, known);
      if (inner.mode === "any") return { ...inner, mode: "none" };
      if (inner.mode === "all") return { ...inner, mode: "not_all" };
      return { mode: "none", parts: [inner] };
    }
    for (const verb of ["did", "did_not", "last_did"]) {
      if (!(verb in data)) continue;
      const { at_least: least, at_most: most } = data;
      const times = verb !== "did" ? "" : least === most && most !== undefined ? "exactly" : most !== undefined ? "at_most" : least > 1 ? "at_least" : "";
      const isPlain = !(least > 1 && most !== undefined && least !== most) && least !== 0;
      if (!isPlain) return { raw: data };
      return { verb, activity: data[verb], times, count: most ?? least ?? 2, when: data.within ? "within" : data.older_than ? "older_than" : "", span: data.within || data.older_than || "30d" };
    }
    if (data.field) {
      const [operator, value] = Object.entries(data).find(([key]) => key !== "field") || ["is", ""];
      return { field: data.field, operator, value };
    }
    const [key, value] = Object.entries(data)[0] || [];
    if (key === undefined) return { mode: "all", parts: [] };
    const field = known.leaves[key];
    if (!field) return { raw: data };
    if (value && typeof value === "object" && !Array.isArray(value)) {
      const [operator, inner] = Object.entries(value)[0];
      return { field, operator, value: inner };
    }
    const type = (known.fields.get(field) || {}).type;
    const operator = data.at_or_after ? "at_or_after" : type === "list" ? "has" : Array.isArray(value) ? "in" : "is";
    return { field, operator, value };
  }
  function cut(node, path = []) {
    node.path = path;
    if (node.raw) return node.raw;
    if (node.parts) {
      const isNot = node.mode === "none" || node.mode === "not_all";
      const key = node.mode === "all" || node.mode === "not_all" ? "all" : "any";
      const inner = isNot ? [...path, "not", key] : [...path, key];
      const parts = node.parts.filter((part) => !isEmpty(part)).map((part, i) => cut(part, [...inner, i]));
      if (!parts.length) return {};
      return isNot ? { not: { [key]: parts } } : { [key]: parts };
    }
    if (node.verb) {
      const data = { [node.verb]: node.activity };
      if (node.verb === "did" && node.times === "at_least") data.at_least = node.count;
      if (node.verb === "did" && node.times === "at_most") data.at_most = node.count;
      if (node.verb === "did" && node.times === "exactly") { data.at_least = node.count; data.at_most = node.count; }
      if (node.verb === "last_did") data[node.when || "older_than"] = node.span;
      else if (node.when) data.within = node.span;
      return data;
    }
    return { field: node.field, [node.operator]: node.value };
  }
  // A row not filled in yet says nothing, rather than being a mistake while one is still typing.
  function isEmpty(node) {
    if (node.raw) return false;
    if (node.parts) return node.parts.every(isEmpty);
    if (node.verb) return !node.activity;
    if (!node.field || node.field.endsWith(".")) return true;
    if (Array.isArray(node.value)) return !node.value.length || (node.operator === "between" && node.value.some(isBlank));
    return isBlank(node.value);
  }
  const isBlank = (value) => value === "" || value === null || value === undefined || Number.isNaN(value);

  class Builder {
    constructor(box, known) {
      Object.assign(this, { box, known, texts: known.texts });
      this.input = box.querySelector("[data-conditions-value]");
      this.place = box.querySelector("[data-conditions-tree]");
      this.textPlace = box.querySelector("[data-conditions-text]");
      this.area = this.textPlace.querySelector("textarea");
      this.error = box.querySelector("[data-conditions-error]");
      this.sentence = box.querySelector("[data-conditions-sentence]");
      this.counted = box.querySelector("[data-conditions-count]");
      this.switch = box.querySelector("[data-conditions-mode]");
      this.switch.addEventListener("click", () => this.turn());
      this.area.addEventListener("input", () => {
        this.isUnread = true;
        this.area.setCustomValidity("");
        this.later(() => this.readText());
      });
      if (this.input.form) this.input.form.addEventListener("submit", (event) => this.hold(event), true);
      this.textPlace.append(this.legend());
      this.plant(JSON.parse(this.input.value || "{}"));
      this.ask();
    }
    plant(data) {
      const tree = grow(data, this.known);
      this.tree = tree.parts ? tree : { mode: "all", parts: [tree] };
      if (!this.tree.parts.length) this.tree.parts.push({}); // a row to begin with; it says nothing until it is filled in
      this.draw();
    }
    draw() {
      this.place.replaceChildren(this.group(this.tree, null));
    }
    changed() {
      this.input.value = JSON.stringify(cut(this.tree));
      this.input.dispatchEvent(new Event("change", { bubbles: true }));
      this.later(() => this.ask());
    }
    later(act) {
      clearTimeout(this.waiting);
      this.waiting = setTimeout(act, 250);
    }

    // what the server says of it
    async ask() {
      const condition = cut(this.tree);
      try {
        const said = await post(`${this.box.dataset.check}?of=${this.box.dataset.of}`, { condition });
        this.show(said);
      } catch {
        this.fail();
      }
    }
    // A form sent while the text is not understood yet waits for the answer, so that what is saved is what is seen.
    async hold(event) {
      if (!this.isUnread) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      clearTimeout(this.waiting);
      await this.readText();
      if (!this.isUnread) event.target.requestSubmit(event.submitter || undefined);
    }
    async readText() {
      const read = this.area.value;
      try {
        const said = await post(`${this.box.dataset.check}?of=${this.box.dataset.of}`, { text: read });
        if (read !== this.area.value) return;
        this.isUnread = false;
        this.area.setCustomValidity(said.ok ? "" : said.reason);
        if (said.ok) {
          this.plant(said.condition);
          this.input.value = JSON.stringify(said.condition);
          this.input.dispatchEvent(new Event("change", { bubbles: true }));
        }
        this.show(said);
      } catch {
        this.fail();
      }
    }
    fail() {
      this.error.textContent = this.texts.failed;
      this.error.hidden = false;
    }
    show(said) {
      this.said = said;
      this.error.hidden = said.ok;
      this.place.querySelectorAll(".is-wrong").forEach((row) => row.classList.remove("is-wrong"));
      if (!said.ok) {
        this.error.textContent = said.reason;
        this.sentence.textContent = "";
        this.counted.textContent = "";
        const row = said.path && this.rowAt(said.path);
        if (row) row.classList.add("is-wrong");
        return;
      }
      const isEverybody = !Object.keys(said.condition).length;
      this.sentence.textContent = isEverybody ? this.box.dataset.empty : said.sentence;
      if (this.textPlace.hidden) this.area.value = isEverybody ? "" : said.text;
      this.count(said.condition);
    }
    rowAt(path) {
      let best = null;
      this.place.querySelectorAll(".conditions-row").forEach((row) => {
        const own = row.node.path;
        if (own && own.every((part, i) => String(path[i]) === String(part))) best = row;
      });
      return best;
    }
    async count(condition) {
      if (!this.box.dataset.count) return;
      if (this.counting) this.counting.abort();
      this.counting = new AbortController();
      this.counted.classList.add("is-waiting");
      this.counted.textContent = this.texts.counting;
      try {
        const found = await post(this.box.dataset.count, { condition }, this.counting.signal);
        this.counted.textContent = found.said;
        this.counted.classList.remove("is-waiting");
      } catch (error) {
        if (error.name !== "AbortError") this.counted.textContent = "";
      }
    }
    async turn() {
      const toText = this.textPlace.hidden;
      if (!toText && this.isUnread) {
        clearTimeout(this.waiting);
        await this.readText();
      }
      this.textPlace.hidden = !toText;
      this.place.hidden = toText;
      this.switch.querySelector("span").textContent = toText ? this.texts.as_blocks : this.texts.as_text;
      this.area.setCustomValidity("");
      this.isUnread = false;
      if (toText) this.area.focus();
      else this.ask();
      if (toText && this.said && !this.said.ok && this.said.start !== undefined) this.area.setSelectionRange(this.said.start, this.said.start + this.said.length);
    }

    // what may be written in the text: a click puts it where the cursor stands
    legend() {
      const { texts, known } = this;
      const box = make("details", "conditions-legend");
      const head = make("summary");
      head.textContent = texts.legend;
      const example = make("pre");
      example.textContent = 'position contains "director" and (score >= 24 or did "page-viewed" at least 2 times in 7 days)';
      box.append(head, example);
      const groups = known.groups.map((group) => [group.name, group.fields]);
      if (known.has_deeds) groups.unshift([texts.deeds, known.activities]);
      groups.forEach(([name, entries]) => {
        const title = make("b");
        title.textContent = name;
        const list = make("div", "conditions-words");
        entries.forEach((entry) => {
          const word = this.button(entry.key, () => this.insert(entry.type ? entry.key : `did "${entry.key}"`));
          word.title = entry.name;
          const said = make("small");
          said.textContent = entry.name;
          word.append(said);
          list.append(word);
        });
        box.append(title, list);
      });
      return box;
    }
    insert(word) {
      const { area } = this;
      const before = area.value.slice(0, area.selectionStart);
      area.setRangeText(`${before && !/[\s(]$/.test(before) ? " " : ""}${word} `, area.selectionStart, area.selectionEnd, "end");
      area.focus();
      area.dispatchEvent(new Event("input"));
    }

    // the tree as elements
    group(node, parent) {
      const box = make("fieldset", "conditions-group");
      box.dataset.joined = node.mode;
      const head = make("div", "conditions-head");
      head.append(this.select(MODES.map((mode) => [mode, this.texts[mode]]), node.mode, this.texts.joined, (mode) => {
        node.mode = mode;
        box.dataset.joined = mode;
        this.changed();
      }));
      if (parent) head.append(this.remover(node, parent));
      else if (node.parts.length < 2 && node.mode === "all") head.hidden = true;
      box.append(head, ...node.parts.map((part) => (part.parts ? this.group(part, node) : this.row(part, node))));
      const add = make("div", "conditions-add");
      add.append(
        this.button(`+ ${this.texts.add}`, () => this.add(node, {})),
        this.button(`+ ${this.texts.add_group}`, () => this.add(node, { mode: "any", parts: [{}] })),
      );
      box.append(add);
      return box;
    }
    add(node, part) {
      node.parts.push(part);
      this.draw();
      const rows = this.place.querySelectorAll(".conditions-row");
      const fresh = [...rows].find((row) => row.node === part || (part.parts && row.node === part.parts[0]));
      if (fresh) fresh.querySelector("select").focus();
      this.changed();
    }
    remover(node, parent) {
      const button = make("button", "conditions-remove");
      button.type = "button";
      button.textContent = "×";
      button.title = this.texts.remove;
      button.setAttribute("aria-label", this.texts.remove);
      button.addEventListener("click", () => {
        parent.parts.splice(parent.parts.indexOf(node), 1);
        this.draw();
        this.changed();
        const next = this.place.querySelector(".conditions-add button");
        if (next) next.focus();
      });
      return button;
    }
    row(node, parent) {
      const row = make("div", "conditions-row");
      row.node = node;
      const redraw = (focus) => {
        const fresh = this.row(node, parent);
        row.replaceWith(fresh);
        const target = focus && fresh.querySelectorAll("select, input, button")[focus];
        if (target) target.focus();
        this.changed();
      };
      if (node.raw) {
        const said = make("code");
        said.textContent = JSON.stringify(node.raw);
        row.append(said, this.remover(node, parent));
        return row;
      }
      row.append(this.fieldPicker(node, redraw));
      if (node.verb) row.append(...this.deed(node, redraw));
      else if (node.field) row.append(...this.comparison(node, redraw));
      row.append(this.remover(node, parent));
      return row;
    }
    fieldPicker(node, redraw) {
      const select = make("select", "conditions-field");
      select.setAttribute("aria-label", this.texts.field);
      const here = node.verb ? `!${node.verb}` : this.familyOf(node.field) || node.field || "";
      select.append(option("", this.texts.choose, !here));
      if (this.known.has_deeds) {
        const deeds = make("optgroup");
        deeds.label = this.texts.deeds;
        ["did", "did_not", "last_did"].forEach((verb) => deeds.append(option(`!${verb}`, this.texts[verb], here === `!${verb}`)));
        select.append(deeds);
      }
      this.known.groups.forEach((group) => {
        const part = make("optgroup");
        part.label = group.name;
        group.fields.forEach((field) => part.append(option(field.key, field.name, here === field.key)));
        select.append(part);
      });
      this.known.families.forEach((family) => select.append(option(family.prefix, family.name, here === family.prefix)));
      select.addEventListener("change", () => {
        const key = select.value;
        ["field", "operator", "value", "verb", "activity", "times", "count", "when", "span"].forEach((name) => delete node[name]);
        if (key.startsWith("!")) Object.assign(node, { verb: key.slice(1), activity: "", times: "", count: 2, when: key === "!last_did" ? "older_than" : "", span: "30d" });
        else if (key) Object.assign(node, { field: key, ...this.start(key) });
        redraw(1);
      });
      return select;
    }
    familyOf(key) {
      const family = key && !this.known.fields.has(key) && this.known.families.find((one) => key.startsWith(one.prefix));
      return family ? family.prefix : "";
    }
    fieldOf(key) {
      return this.known.fields.get(key) || { key, type: this.familyOf(key) ? "any" : "text", operators: ["is", "is_not", "contains", "at_least", "at_most", "is_set"], choices: null, is_open: true };
    }
    start(key) {
      const field = this.fieldOf(key);
      const operator = field.operators[0];
      return { operator, value: this.blank(field, operator) };
    }
    blank(field, operator) {
      if (SPANS.includes(operator)) return "30d";
      if (operator === "is_set") return true;
      if (operator === "between") return ["", ""];
      if (["in", "not_in", "has", "has_not"].includes(operator)) return [];
      if (field.type === "boolean") return true;
      return field.choices && field.choices.length && !field.is_open ? field.choices[0].key : "";
    }

    // deeds
    deed(node, redraw) {
      const { texts } = this;
      const pieces = [this.select([["", texts.choose], ...this.known.activities.map((one) => [one.key, one.name])], node.activity, texts.activity, (key) => { node.activity = key; this.changed(); })];
      if (node.verb === "did") {
        pieces.push(this.select([["", texts.any_times], ["at_least", texts.at_least], ["at_most", texts.at_most], ["exactly", texts.exactly]], node.times, texts.times, (times) => { node.times = times; redraw(2); }));
        if (node.times) pieces.push(this.number(node.count, texts.times, (value) => { node.count = value; this.changed(); }, 1));
      }
      const whens = node.verb === "last_did" ? [["older_than", texts.older_than], ["within", texts.within]] : [["", texts.ever], ["within", texts.within]];
      pieces.push(this.select(whens, node.when, texts.operator, (when) => { node.when = when; redraw(node.verb === "did" ? (node.times ? 4 : 3) : 2); }));
      if (node.when) pieces.push(...this.span(node.span, false, (span) => { node.span = span; this.changed(); }));
      return pieces;
    }

    // comparisons
    comparison(node, redraw) {
      const field = this.fieldOf(node.field);
      const pieces = [];
      if (this.familyOf(node.field)) {
        const prefix = this.familyOf(node.field);
        pieces.push(this.words(node.field.slice(prefix.length), this.texts.property, (name) => { node.field = prefix + name.trim(); this.changed(); }));
      }
      const names = this.known.operators[field.type] || this.known.operators.text;
      const operators = field.operators.flatMap((one) => (one === "is_set" ? [["is_set", names.is_set], ["!is_set", this.texts.not_set]] : [[one, names[one]]]));
      const here = node.operator === "is_set" && node.value === false ? "!is_set" : node.operator;
      pieces.push(this.select(operators, here, this.texts.operator, (chosen) => {
        const operator = chosen.replace("!", "");
        node.value = operator === "is_set" ? chosen === "is_set" : this.carried(node, field, operator);
        node.operator = operator;
        redraw(pieces.length > 1 ? 2 : 1);
      }));
      return [...pieces, ...this.operand(node, field)];
    }
    // Keep what was typed when the new comparison wants the same kind of value.
    carried(node, field, operator) {
      const old = node.value;
      const fresh = this.blank(field, operator);
      if (SPANS.includes(operator) !== SPANS.includes(node.operator) || node.operator === "is_set") return fresh;
      if (Array.isArray(fresh)) return operator === "between" ? (node.operator === "between" ? old : fresh) : Array.isArray(old) ? old : isBlank(old) ? [] : [old];
      return Array.isArray(old) ? old[0] ?? fresh : old;
    }
    operand(node, field) {
      const set = (value) => { node.value = value; this.changed(); };
      const { operator } = node;
      if (operator === "is_set") return [];
      if (SPANS.includes(operator)) return this.span(node.value, field.type === "moment", set);
      if (operator === "between") {
        const both = node.value;
        const edge = (i) => this.single(field, both[i], (value) => { both[i] = value; set([...both]); });
        const and = make("span", "quiet");
        and.textContent = this.texts.and;
        return [edge(0), and, edge(1)];
      }
      if (["in", "not_in", "has", "has_not"].includes(operator)) return [this.several(node, field)];
      return [this.single(field, node.value, set, operator)];
    }
    single(field, value, set, operator = "") {
      if (field.type === "number") return this.number(value, this.texts.value, set);
      if (field.type === "boolean") return this.select([["true", this.texts.yes], ["false", this.texts.no]], String(value), this.texts.value, (said) => set(said === "true"));
      if (field.type === "date" || field.type === "moment") return this.day(value, set);
      if (field.choices && !field.is_open) return this.select([["", this.texts.choose], ...field.choices.map((one) => [one.key, one.name])], String(value), this.texts.value, set);
      if (field.type === "any") return this.words(String(value), this.texts.value, (said) => set(asAny(said, operator)));
      return this.words(String(value ?? ""), this.texts.value, set, field);
    }
    several(node, field) {
      const box = make("span", "conditions-list");
      const values = Array.isArray(node.value) ? node.value : [node.value];
      node.value = values;
      const names = new Map((field.choices || []).map((one) => [one.key, one.name]));
      const draw = () => {
        box.replaceChildren(...values.map((value, i) => {
          const tag = make("span", "tag");
          tag.textContent = names.get(String(value)) ?? String(value);
          const away = make("button");
          away.type = "button";
          away.textContent = "×";
          away.setAttribute("aria-label", `${this.texts.remove}: ${tag.textContent}`);
          away.addEventListener("click", () => { values.splice(i, 1); draw(); this.changed(); });
          tag.append(away);
          return tag;
        }), this.adder(field, values, (value) => { values.push(value); draw(); box.querySelector("select, input").focus(); this.changed(); }));
      };
      draw();
      return box;
    }
    adder(field, values, add) {
      if (field.choices && !field.is_open) {
        const rest = field.choices.filter((one) => !values.map(String).includes(one.key));
        return this.select([["", this.texts.choose], ...rest.map((one) => [one.key, one.name])], "", this.texts.value, (key) => key && add(key));
      }
      const isNumber = field.type === "number";
      const input = isNumber ? this.number("", this.texts.value, () => {}) : this.words("", this.texts.value, () => {}, field);
      const take = () => {
        const value = isNumber ? Number(input.value) : field.type === "any" ? asAny(input.value, "in") : input.value.trim();
        if (input.value.trim() && !values.includes(value)) add(value);
      };
      input.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === ",") { event.preventDefault(); take(); } });
      input.addEventListener("change", take);
      return input;
    }

    // controls
    select(options, value, label, act) {
      const select = make("select");
      select.setAttribute("aria-label", label);
      if (!options.some(([key]) => key === value) && !isBlank(value)) options = [...options, [value, value]];
      select.append(...options.map(([key, name]) => option(key, name, key === value)));
      select.addEventListener("change", () => act(select.value));
      return select;
    }
    number(value, label, act, least) {
      const input = make("input", "conditions-number");
      Object.assign(input, { type: "number", step: least ? 1 : "any", value: value ?? "" });
      if (least) input.min = least;
      input.setAttribute("aria-label", label);
      input.addEventListener("input", () => act(input.value === "" ? "" : Number(input.value)));
      return input;
    }
    day(value, act) {
      const input = make("input");
      Object.assign(input, { type: "date", value: value || "" });
      input.setAttribute("aria-label", this.texts.value);
      input.addEventListener("input", () => act(input.value));
      return input;
    }
    words(value, label, act, field) {
      const input = make("input", "conditions-value");
      Object.assign(input, { type: "text", value, placeholder: label, maxLength: 1000 });
      input.setAttribute("aria-label", label);
      input.addEventListener("input", () => act(input.value));
      if (field && field.suggests) this.suggest(input, field);
      return input;
    }
    suggest(input, field) {
      const list = make("datalist");
      list.id = `values-${Math.random().toString(36).slice(2)}`;
      input.setAttribute("list", list.id);
      let last = null, waiting = 0;
      const load = async () => {
        if (input.value === last) return;
        last = input.value;
        const query = new URLSearchParams({ of: this.box.dataset.of, field: field.key, q: input.value });
        const found = await fetch(`${this.box.dataset.values}?${query}`).then((answer) => (answer.ok ? answer.json() : { values: [] })).catch(() => ({ values: [] }));
        list.replaceChildren(...found.values.map((value) => option(value, value)));
        if (!list.isConnected) input.after(list);
      };
      input.addEventListener("focus", load);
      input.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(load, 200); });
    }
    span(value, withHours, act) {
      const found = /^(\d+)(h|d|w|mo|y)$/.exec(value || "") || [null, "30", "d"];
      let [, amount, unit] = found;
      const number = this.number(Number(amount), this.texts.value, (said) => { amount = said || 1; act(`${amount}${unit}`); }, 1);
      const units = [...(withHours ? ["h"] : []), "d", "w", "mo", "y"].map((one) => [one, this.texts[one]]);
      return [number, this.select(units, unit, this.texts.unit, (said) => { unit = said; act(`${amount}${unit}`); })];
    }
    button(label, act) {
      const button = make("button");
      button.type = "button";
      button.textContent = label;
      button.addEventListener("click", act);
      return button;
    }
  }

  // An event's property has no type of its own: what looks like a number or yes/no is one, unless text is searched.
  function asAny(said, operator) {
    const text = said.trim();
    if (["contains", "not_contains", "starts_with", "ends_with"].includes(operator)) return said;
    if (/^-?\d+(\.\d+)?$/.test(text)) return Number(text);
    if (text === "true" || text === "false") return text === "true";
    return said;
  }
  function make(name, className = "") {
    const element = document.createElement(name);
    if (className) element.className = className;
    return element;
  }
  function option(value, text, isSelected = false) {
    const element = make("option");
    Object.assign(element, { value, textContent: text, selected: isSelected });
    return element;
  }

  function wake(within = document) {
    within.querySelectorAll("[data-conditions]:not([data-awake])").forEach((box) => {
      box.dataset.awake = "1";
      vocabulary(box).then((known) => { box.builder = new Builder(box, known); }).catch(() => { delete box.dataset.awake; });
    });
  }
  window.teploConditions = { wake };
  document.addEventListener("htmx:afterSwap", () => wake());
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => wake());
  else wake();
})();
