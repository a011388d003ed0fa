// The score table is filled in like a spreadsheet: keys, moving and doubling lines, pasting from a spreadsheet.
(() => {
  "use strict";
  const sheetOf = (element) => element.closest("[data-score-sheet]");
  const lineOf = (element) => element.closest("[data-line]");
  let asking = null; // the line whose condition is open in the drawer

  const columnsOf = (line) => [...line.querySelectorAll(".cell")].filter((cell) => !cell.hidden);
  function touched(sheet) {
    if (!sheet) return;
    sheet.dataset.touched = "1";
    const note = sheet.querySelector("[data-unsaved]");
    if (note) note.hidden = false;
  }
  function newLine(table) {
    const template = table.closest("section").querySelector("template");
    const line = template.content.querySelector("[data-line]").cloneNode(true);
    return line;
  }
  function addLine(table, after) {
    const line = newLine(table);
    const group = after && after.querySelector("[name=line-group]");
    if (group) line.querySelector("[name=line-group]").value = group.value;
    if (after) after.after(line);
    else table.tBodies[0].append(line);
    touched(sheetOf(table));
    return line;
  }
  function focusCell(line, column) {
    const cells = columnsOf(line);
    const cell = cells[Math.min(column, cells.length - 1)];
    if (!cell) return;
    cell.focus();
    if (cell.select) cell.select();
  }
  function act(line, what) {
    const table = line.closest("table");
    const column = columnsOf(line).indexOf(document.activeElement);
    let next = line;
    if (what === "up" && line.previousElementSibling) line.previousElementSibling.before(line);
    else if (what === "down" && line.nextElementSibling) line.nextElementSibling.after(line);
    else if (what === "double") {
      next = line.cloneNode(true);
      line.querySelectorAll("select").forEach((select, i) => { next.querySelectorAll("select")[i].value = select.value; });
      line.after(next);
    } else if (what === "delete") {
      next = line.nextElementSibling || line.previousElementSibling;
      line.remove();
      if (!next) next = addLine(table);
    }
    touched(sheetOf(table));
    focusCell(next, Math.max(column, 1));
  }

  document.addEventListener("click", (event) => {
    const add = event.target.closest("[data-add-line]");
    if (add) {
      const table = add.closest("section").querySelector("[data-lines]");
      focusCell(addLine(table, table.tBodies[0].lastElementChild), 1);
      return;
    }
    const asks = event.target.closest("[data-line-condition]");
    if (asks) {
      asking = lineOf(asks);
      const values = { condition: asking.querySelector("[name=line-condition]").value, name: asking.querySelector("[name=line-name]").value };
      htmx.ajax("GET", sheetOf(asks).dataset.conditionUrl, { target: "#drawer", values });
      return;
    }
    const takes = event.target.closest("[data-take-condition]");
    if (takes && asking) {
      const drawer = document.getElementById("drawer");
      const value = drawer.querySelector("[data-conditions-value]").value;
      const sentence = drawer.querySelector("[data-conditions-sentence]").textContent.trim();
      asking.querySelector("[name=line-condition]").value = value;
      const button = asking.querySelector(".cell-condition");
      const said = document.createElement("span");
      said.className = "clamp";
      said.textContent = sentence;
      button.replaceChildren(said);
      button.hidden = false;
      const activity = asking.querySelector("[data-activity]");
      if (activity) activity.value = "";
      touched(sheetOf(asking));
      drawer.close();
      button.focus();
      asking = null;
      return;
    }
    const acts = event.target.closest("[data-line-act]");
    if (acts) act(lineOf(acts), acts.dataset.lineAct);
  });

  document.addEventListener("input", (event) => touched(sheetOf(event.target)));
  document.addEventListener("change", (event) => {
    const activity = event.target.closest("[data-activity]");
    if (!activity || !activity.value) return;
    const line = lineOf(activity);
    line.querySelector("[name=line-condition]").value = "{}";
    line.querySelector(".cell-condition").hidden = true;
    const name = line.querySelector("[name=line-name]");
    if (!name.value) name.value = activity.selectedOptions[0].textContent;
  });

  document.addEventListener("keydown", (event) => {
    const sheet = document.querySelector("[data-score-sheet]");
    if (!sheet) return;
    if ((event.ctrlKey || event.metaKey) && window.latinKey(event) === "s") {
      event.preventDefault();
      sheet.requestSubmit(sheet.querySelector(".btn-primary"));
      return;
    }
    const line = event.target.closest && lineOf(event.target);
    if (!line) return;
    const column = columnsOf(line).indexOf(event.target);
    if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      act(line, event.key === "ArrowUp" ? "up" : "down");
    } else if ((event.ctrlKey || event.metaKey) && window.latinKey(event) === "d") {
      event.preventDefault();
      act(line, "double");
    } else if ((event.ctrlKey || event.metaKey) && (event.key === "Backspace" || event.key === "Delete")) {
      event.preventDefault();
      act(line, "delete");
    } else if (event.key === "Enter" && event.target.tagName === "INPUT") {
      event.preventDefault();
      focusCell(line.nextElementSibling || addLine(line.closest("table"), line), column);
    } else if ((event.key === "ArrowUp" || event.key === "ArrowDown") && event.target.tagName === "INPUT" && !event.target.list) {
      const next = event.key === "ArrowUp" ? line.previousElementSibling : line.nextElementSibling;
      if (next) { event.preventDefault(); focusCell(next, column); }
    }
  });

  // Cells copied from a spreadsheet fill the cells to the right and the lines below.
  document.addEventListener("paste", (event) => {
    const cell = event.target.closest && event.target.closest(".cell");
    const line = cell && lineOf(cell);
    const text = line && event.clipboardData ? event.clipboardData.getData("text/plain") : "";
    if (!/[\t\n]/.test(text.trim())) return;
    event.preventDefault();
    const column = columnsOf(line).indexOf(cell);
    let here = line;
    text.replace(/\r/g, "").trimEnd().split("\n").forEach((row, i) => {
      if (i) here = here.nextElementSibling || addLine(line.closest("table"), here);
      const cells = columnsOf(here).slice(column).filter((one) => one.tagName === "INPUT");
      row.split("\t").forEach((value, j) => { if (cells[j]) cells[j].value = value.trim(); });
    });
    touched(sheetOf(line));
  });

  window.addEventListener("beforeunload", (event) => {
    const sheet = document.querySelector("[data-score-sheet]");
    if (sheet && sheet.dataset.touched) event.preventDefault();
  });
  document.addEventListener("submit", (event) => { if (event.target.matches("[data-score-sheet]")) delete event.target.dataset.touched; });
})();
