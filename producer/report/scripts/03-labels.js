// The labels of an evaluation: mistakes, figures at the threshold, filters by column.

const MISTAKES = { "false-positive": "false positive", "false-negative": "false negative" };
const LABELS = { true: "glasses", false: "no glasses" };

// Return which mistake a verdict is; null: none, or the photo has no label.
function mistakeOf(photo, threshold) {
  if (photo.label === null) return null;
  const called = groupOf(photo, threshold) === "with";
  if (called === photo.label) return null;
  return called ? "false-positive" : "false-negative";
}

function labelNote(photo, threshold) {
  return mistakeOf(photo, threshold) ? `label: ${LABELS[photo.label]}` : "";
}

function labelText(photo, threshold) {
  if (photo.label === null) return "";
  const mistake = mistakeOf(photo, threshold);
  const groups = about.evaluation.columns.map((column, at) => ` ${column}: ${photo.groups[at] || "(none)"}.`);
  return ` The label is ${LABELS[photo.label]}${mistake ? `: a ${MISTAKES[mistake]}` : ""}.${groups.join("")}`;
}

function markText(photo, mark) {
  if (photo.label === null) return `marked: ${MARKS[mark]}`;
  if (mark === "drop") return "marked: ambiguous";
  return (mark === "1") === photo.label ? "marked: label right" : `marked: label wrong, ${MARKS[mark]}`;
}

function figuresText(photos, threshold) {
  const counts = { "false-positive": 0, "false-negative": 0 };
  let [hits, positives] = [0, 0];
  for (const photo of photos) {
    const mistake = mistakeOf(photo, threshold);
    if (mistake) counts[mistake] += 1;
    positives += photo.label;
    hits += photo.label && !mistake;
  }
  const alarms = counts["false-positive"];
  const wrong = alarms + counts["false-negative"];
  const share = (part, whole) => (whole ? decimals(part / whole) : "–");
  return `At ${threshold}: accuracy ${share(photos.length - wrong, photos.length)}, precision ${share(hits, hits + alarms)}, ` +
    `recall ${share(hits, positives)}, F1 ${share(2 * hits, hits + alarms + positives)}; ` +
    `${plural(alarms, "false positive")}, ${plural(counts["false-negative"], "false negative")}.`;
}

// One choice per column: all values, or one of them.
class GroupFilter {
  constructor(element, photos, changed) {
    this.chosen = [];
    (about.evaluation?.columns ?? []).forEach((column, at) => {
      const select = make("select");
      select.setAttribute("aria-label", column);
      const counts = new Map();
      for (const { groups } of photos) counts.set(groups[at], (counts.get(groups[at]) ?? 0) + 1);
      const values = [...counts.keys()].sort(new Intl.Collator("en", { numeric: true }).compare);
      select.append(make("option", "", `${column}: all`));
      for (const value of values) {
        select.append(make("option", "", `${column}: ${value || "(none)"} (${counts.get(value).toLocaleString("en")})`));
      }
      select.addEventListener("change", () => {
        this.chosen[at] = select.selectedIndex ? values[select.selectedIndex - 1] : undefined;
        changed();
      });
      element.prepend(select);
    });
  }

  matches(photo) {
    return this.chosen.every((value, at) => value === undefined || photo.groups[at] === value);
  }
}
