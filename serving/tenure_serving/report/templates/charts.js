const read = (id) => JSON.parse(document.getElementById(id).textContent);
const config = read("config");
const locales = read("locales");
const contents = document.querySelector("nav details");
if (contents && window.innerWidth <= 620) contents.open = false;
const narrow = (width) => width < 440;
// a title was wrapped for a chart of full width; on a phone it gets shorter lines
const wrap = (lines, letters) => {
  const out = [""];
  for (const word of [lines].flat().join(" ").split(" ")) {
    const joined = `${out[out.length - 1]} ${word}`.trim();
    if (joined.length <= letters || !out[out.length - 1]) out[out.length - 1] = joined;
    else out.push(word);
  }
  return out;
};
const fit = (spec, width) => {
  if (spec.title && spec.title.text) {
    spec.title.text = wrap(spec.title.text, Math.floor(width / 8.2));
    if (spec.title.subtitle) spec.title.subtitle = wrap(spec.title.subtitle, Math.floor(width / 6.4));
  }
  const views = [spec, ...(spec.layer ?? [])];
  for (const view of views) {
    if (typeof view.width === "number") view.width = Math.min(view.width, Math.max(width - 130, 160));
    const label = view.encoding?.y?.axis;
    if (label && label.labelLimit > 110) label.labelLimit = 110;
  }
  return spec;
};
for (const [name, spec] of Object.entries(read("specs"))) {
  const place = document.querySelector(`[data-chart="${name}"]`);
  if (!place) continue;
  const shown = narrow(place.clientWidth) && !spec.hconcat && !spec.facet ? fit(spec, place.clientWidth) : spec;
  window.vegaEmbed(place, shown, {
    config, actions: false, renderer: "svg", formatLocale: locales.format, timeFormatLocale: locales.time,
  });
}
