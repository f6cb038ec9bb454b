// Photo and threshold -> verdict and groups. Pure functions, without the DOM.

const GROUPS = about.evaluation ? {
  all: "All", mistakes: "Mistakes", "false-positive": "False positives", "false-negative": "False negatives",
  unsure: "Unsure", "no-face": "No face", failed: "Failed", marked: "Marked",
} : {
  all: "All", with: "With glasses", ...(about.kinds && { eyeglasses: "Eyeglasses", sunglasses: "Sunglasses" }), without: "Without", unsure: "Unsure", "no-face": "No face",
  failed: "Failed", marked: "Marked",
};

const KINDS = { eyeglasses: 0, sunglasses: 0 };

const VERDICTS = { with: "glasses", without: "no glasses", "no-face": "no face", failed: "failed" };

function groupOf(photo, threshold) {
  if (photo.status === "failed") return "failed";
  if (photo.probability === null) return "no-face";
  return photo.probability >= threshold ? "with" : "without";
}

// Of `glasses/protocol/eyewear.py`.
const SUNGLASSES_THRESHOLD = 0.5;

// Return what a face wears, or the deciding face of a photo: "none", "eyeglasses" or "sunglasses"; null if the
// model does not tell kinds, or without a face.
function eyewearOf(found, threshold) {
  if (found.sunglasses === null) return null;
  if (found.probability < threshold) return "none";
  return found.sunglasses >= SUNGLASSES_THRESHOLD ? "sunglasses" : "eyeglasses";
}

function verdictText(photo, threshold) {
  const group = groupOf(photo, threshold);
  return (group === "with" && eyewearOf(photo, threshold)) || VERDICTS[group];
}

// Return what a face wears, for the table of faces.
function wornText(found, threshold) {
  if (found.probability < threshold) return "no";
  return found.sunglasses === null ? "yes" : `${eyewearOf(found, threshold)} (${decimals(found.sunglasses)})`;
}

// The band is extended to the threshold.
function unsureBand(threshold) {
  return [Math.min(about.unsure[0], threshold), Math.max(about.unsure[1], threshold)];
}

function isUnsure(photo, threshold) {
  const [low, high] = unsureBand(threshold);
  const p = photo.probability;
  return p !== null && p >= low && p < high;
}

function belongs(photo, filter, threshold, marks) {
  if (filter === "all") return true;
  if (filter === "unsure") return isUnsure(photo, threshold);
  if (filter === "marked") return marks.has(photo);
  if (filter === "mistakes") return mistakeOf(photo, threshold) !== null;
  if (filter in MISTAKES) return mistakeOf(photo, threshold) === filter;
  if (filter in KINDS) return eyewearOf(photo, threshold) === filter;
  return groupOf(photo, threshold) === filter;
}

function countGroups(photos, threshold, marks) {
  const counts = {
    all: photos.length, with: 0, without: 0, unsure: 0, "no-face": 0, failed: 0, marked: 0,
    mistakes: 0, "false-positive": 0, "false-negative": 0, ...KINDS,
  };
  const [low, high] = unsureBand(threshold);
  for (const photo of photos) {
    const group = groupOf(photo, threshold);
    counts[group] += 1;
    if (group === "with" && photo.sunglasses !== null) counts[eyewearOf(photo, threshold)] += 1;
    const p = photo.probability;
    if (p !== null && p >= low && p < high) counts.unsure += 1;
    if (marks.size && marks.has(photo)) counts.marked += 1;
    const mistake = mistakeOf(photo, threshold);
    if (mistake) { counts.mistakes += 1; counts[mistake] += 1; }
  }
  return counts;
}

function explain(photo, threshold) {
  if (photo.status === "failed") return `Failed: ${REASONS[photo.reason] ?? photo.reason}.`;
  if (photo.probability === null) return "No glasses: no face was found.";
  const largest = about.faces === "largest" && photo.faces.length > 1;
  const which = photo.faces.length === 1 ? "The face" : `The ${largest ? "largest" : "most probable"} of ${photo.faces.length} faces`;
  const side = photo.probability >= threshold ? "at or above" : "below";
  const verdict = verdictText(photo, threshold);
  const isKnown = photo.probability >= threshold && photo.sunglasses !== null;
  const kind = isKnown ? ` They are sunglasses with probability ${decimals(photo.sunglasses)}.` : "";
  return `${verdict[0].toUpperCase()}${verdict.slice(1)}: ${which.toLowerCase()} has probability ${decimals(photo.probability)}, ` +
    `${side} the threshold ${threshold}.${kind}`;
}
