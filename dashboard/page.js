// Draws the charts, switches the pages, and saves a chart as a picture. Colours are CSS variables, so that one drawing
// serves light, dark and print; only a picture has them filled in.
"use strict";
const { charts, theme } = JSON.parse(document.getElementById("dashboard").textContent);
const phone = matchMedia("screen and (max-width: 760px)");
const drawn = {};

// Vega-Lite says this of every chart that is as wide as its place and as high as its rows, which is what we want.
const warn = console.warn;
console.warn = (...said) => said.join(" ").includes('Dropping "fit-y"') || warn(...said);

function configured() {
  if (!phone.matches) return theme;
  const narrow = structuredClone(theme);
  narrow.axisYDiscrete.labelLimit = 116;
  narrow.legend.columns = 1;
  narrow.legend.labelLimit = 220;
  return narrow;
}

async function draw(name) {
  const figure = document.getElementById(name);
  drawn[name]?.finalize();
  figure.querySelector(".filters").replaceChildren();
  drawn[name] = await vegaEmbed(figure.querySelector(".chart"), structuredClone(charts[name].spec), {
    actions: false,
    renderer: "svg",
    config: configured(),
    bind: figure.querySelector(".filters"),
    tooltip: { theme: "dashboard" },
  });
  for (const select of figure.querySelectorAll(".filters select")) select.addEventListener("change", () => narrow(name));
  narrow(name);
}

// A select offers only what the selects before it have left: a rate that one source has, another may not.
function narrow(name) {
  const { view } = drawn[name];
  let rows = charts[name].spec.data.values;
  for (const select of document.querySelectorAll(`#${name} .filters select`)) {
    const held = new Set(rows.map((row) => String(row[select.name])));
    for (const option of select.options) option.hidden = option.disabled = !held.has(option.text);
    if (!held.has(select.selectedOptions[0]?.text)) {
      select.value = [...select.options].find((option) => !option.disabled).value;
      view.signal(select.name, rows.find((row) => String(row[select.name]) === select.selectedOptions[0].text)[select.name]);
    }
    rows = rows.filter((row) => String(row[select.name]) === select.selectedOptions[0].text);
  }
  return view.runAsync();
}

function lines(text, width) {
  const wrapped = [""];
  for (const word of text.split(" ")) {
    if ((wrapped.at(-1) + word).length > width / 6.4) wrapped.push("");
    wrapped[wrapped.length - 1] += word + " ";
  }
  return wrapped;
}

async function savePicture(name) {
  const { view } = drawn[name];
  const { title, spec } = charts[name];
  const width = view.width();
  const style = getComputedStyle(document.documentElement);
  const filters = (spec.params ?? []).filter((param) => param.bind?.input);
  const chosen = filters.map((param) => `${param.bind.name.trim()}: ${view.signal(param.name)}`).join(", ");
  const picture = {
    ...structuredClone(spec),
    width,
    background: "var(--panel)",
    padding: 18,
    title: { text: title.text, subtitle: [...lines(title.subtitle, width), chosen] },
    params: (spec.params ?? []).map((param) => (filters.includes(param) ? { name: param.name, value: view.signal(param.name) } : param)),
  };
  const filledIn = JSON.stringify({ picture, config: configured() }).replace(/var\((--[\w-]+)\)/g, (_, variable) =>
    style.getPropertyValue(variable).trim(),
  );
  const { picture: filled, config } = JSON.parse(filledIn);
  const image = await vegaEmbed(document.createElement("div"), filled, { actions: false, config });
  const link = document.createElement("a");
  link.href = await image.view.toImageURL("png", 2);
  link.download = `${name}.png`;
  link.click();
  image.finalize();
}

function showRows(name, target) {
  const rows = charts[name].spec.data.values;
  const columns = Object.keys(rows[0]);
  const table = document.createElement("table");
  const head = table.createTHead().insertRow();
  for (const column of columns) {
    const cell = head.appendChild(document.createElement("th"));
    cell.textContent = column;
  }
  const body = table.createTBody();
  for (const row of rows) {
    const line = body.insertRow();
    for (const column of columns) {
      const cell = line.insertCell();
      cell.textContent = typeof row[column] === "number" ? row[column].toLocaleString("en", { maximumFractionDigits: 4 }) : row[column] ?? "";
      if (typeof row[column] === "number") cell.className = "n";
    }
  }
  target.replaceChildren(table);
}

function choosePage() {
  const pages = [...document.querySelectorAll(".page")];
  const chosen = pages.find((page) => `#${page.id}` === location.hash) ?? pages[0];
  for (const page of pages) page.classList.toggle("chosen", page === chosen);
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === `#${chosen.id}`) {
      link.setAttribute("aria-current", "page");
      link.scrollIntoView({ block: "nearest", inline: "nearest" });
    } else link.removeAttribute("aria-current");
  }
  scrollTo(0, 0);
}

document.documentElement.classList.add("scripted");
choosePage();
addEventListener("hashchange", choosePage);
for (const button of document.querySelectorAll("button[data-chart]"))
  button.addEventListener("click", () => savePicture(button.dataset.chart));
for (const details of document.querySelectorAll("details[data-chart]"))
  details.addEventListener("toggle", () => showRows(details.dataset.chart, details.querySelector(".scroll")), { once: true });
const drawAll = () => Promise.all(Object.keys(charts).map(draw)).then(() => document.documentElement.classList.add("drawn"));
phone.addEventListener("change", drawAll);
drawAll();
