// A click on a column's name sorts the table by it, a second one the other way round.
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    head.querySelector("button").addEventListener("click", () => {
      const ascending = head.getAttribute("aria-sort") !== "ascending";
      const numeric = head.hasAttribute("data-numeric");
      const value = (row) => row.cells[column].textContent;
      const compare = (a, b) => numeric ? Number(a) - Number(b) : a.localeCompare(b);
      const rows = [...table.tBodies[0].rows];
      const known = rows.filter((row) => value(row) !== "");
      known.sort((a, b) => (ascending ? 1 : -1) * compare(value(a), value(b)));
      // what has no value stays last, whichever way
      table.tBodies[0].append(...known, ...rows.filter((row) => value(row) === ""));
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
    });
  });
}
// A link to a table opens it.
const open = () => {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (target && target.tagName === "DETAILS") target.open = true;
};
addEventListener("hashchange", open);
open();
