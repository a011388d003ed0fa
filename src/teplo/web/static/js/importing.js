// Import: a file dropped on the form is as good as one chosen; columns left out are quiet.
(() => {
  "use strict";
  const drop = document.querySelector("[data-drop]");
  if (drop) {
    const input = drop.querySelector("input[type=file]");
    const name = drop.querySelector("[data-drop-name]");
    const over = (event) => { event.preventDefault(); drop.classList.add("over"); };
    drop.addEventListener("dragenter", over);
    drop.addEventListener("dragover", over);
    drop.addEventListener("dragleave", () => drop.classList.remove("over"));
    drop.addEventListener("drop", (event) => {
      event.preventDefault();
      drop.classList.remove("over");
      if (event.dataTransfer.files.length) {
        input.files = event.dataTransfer.files;
        input.dispatchEvent(new Event("change"));
      }
    });
    input.addEventListener("change", () => { if (input.files.length) name.textContent = input.files[0].name; });
  }
  document.addEventListener("change", (event) => {
    const row = event.target.closest(".mapping tr");
    if (row) row.classList.toggle("left-out", event.target.value === "skip");
  });
})();
