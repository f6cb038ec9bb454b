// Photo + threshold -> verdict, filters, order. No document in sight.

const GROUPS = {
  all: "All", with: "With glasses", without: "Without", unsure: "Unsure", "no-face": "No face",
  failed: "Failed", marked: "Marked wrong",
};

const VERDICTS = { with: "glasses", without: "no glasses", "no-face": "no face", failed: "failed" };

function groupOf(photo, threshold) {
  if (photo.status === "failed") return "failed";
  if (photo.probability === null) return "no-face";
  return photo.probability >= threshold ? "with" : "without";
}

function isUnsure(photo, threshold) {
  const [low, high] = about.unsure;
  const p = photo.probability;
  return p !== null && p >= Math.min(low, threshold) && p < Math.max(high, threshold);
}

function belongs(photo, filter, threshold, marks) {
  if (filter === "all") return true;
  if (filter === "unsure") return isUnsure(photo, threshold);
  if (filter === "marked") return marks.has(photo.number);
  return groupOf(photo, threshold) === filter;
}

function countGroups(photos, threshold, marks) {
  const counts = { all: photos.length, with: 0, without: 0, unsure: 0, "no-face": 0, failed: 0, marked: 0 };
  for (const photo of photos) {
    counts[groupOf(photo, threshold)] += 1;
    counts.unsure += isUnsure(photo, threshold);
  }
  counts.marked = marks.size;
  return counts;
}

function ordered(photos, order, threshold) {
  const last = (p, value) => (p === null ? Infinity : value);
  const keys = {
    high: (a) => last(a.probability, -a.probability),
    low: (a) => last(a.probability, a.probability),
    near: (a) => last(a.probability, Math.abs(a.probability - threshold)),
  };
  if (order === "name") {
    const compare = new Intl.Collator("en", { numeric: true }).compare;
    return photos.sort((a, b) => compare(a.name, b.name));
  }
  const key = keys[order];
  // Infinity minus itself is no number: photos without a probability keep their order.
  return key ? photos.sort((a, b) => (key(a) === key(b) ? 0 : key(a) - key(b))) : photos;
}

function because(photo, threshold) {
  if (photo.status === "failed") return `Failed: ${REASONS[photo.reason] ?? photo.reason}.`;
  if (photo.probability === null) return "No face was found, so it counts as without glasses.";
  const largest = about.faces === "largest" && photo.faces.length > 1;
  const which = photo.faces.length === 1 ? "The face" : `The ${largest ? "largest" : "surest"} of ${photo.faces.length} faces`;
  const side = photo.probability >= threshold ? "at or above" : "below";
  const verdict = photo.probability >= threshold ? "Glasses" : "No glasses";
  return `${verdict}: ${which.toLowerCase()} has probability ${decimals(photo.probability)}, ${side} the threshold ${threshold}.`;
}
