// Orders of the photos and their sections. Orders that do not depend on the threshold are kept.

const { compare } = new Intl.Collator("en", { numeric: true }); // real_2 before real_10

// Compare folder by folder: the files of `a` and of `a/b` stay together, whatever else is in `a`.
function compareFolders(a, b) {
  const [left, right] = [a.split("/"), b.split("/")];
  for (let depth = 0; depth < Math.min(left.length, right.length); depth += 1) {
    const order = compare(left[depth], right[depth]);
    if (order) return order;
  }
  return left.length - right.length;
}

function folderOf(photo) {
  return photo.name.slice(0, photo.base);
}

class Orders {
  constructor(photos) {
    this.known = new Map([["submitted", photos]]);
    this.photos = photos;
  }

  // Return all photos in an order; the caller must not change the list.
  of(order, threshold) {
    if (order === "near") return this.near(threshold);
    if (!this.known.has(order)) this.known.set(order, this.sorted(order));
    return this.known.get(order);
  }

  sorted(order) {
    if (order === "name") return this.byName();
    const [field, sign] = { low: ["probability", 1], high: ["probability", -1], oldest: ["date", 1], newest: ["date", -1] }[order];
    const known = this.photos.filter((photo) => photo[field] !== null);
    return known.sort((a, b) => sign * (a[field] - b[field])).concat(this.without(field));
  }

  without(field) {
    return this.photos.filter((photo) => photo[field] === null);
  }

  byName() {
    const folders = [...new Set(this.photos.map(folderOf))].sort(compareFolders);
    const ranks = new Map(folders.map((folder, rank) => [folder, rank]));
    const keyed = this.photos.map((photo) => ({ photo, rank: ranks.get(folderOf(photo)), base: photo.name.slice(photo.base) }));
    return keyed.sort((a, b) => a.rank - b.rank || compare(a.base, b.base)).map(({ photo }) => photo);
  }

  // Walk outwards from the threshold in the photos ordered by probability.
  near(threshold) {
    const ascending = this.of("low");
    const end = ascending.length - this.without("probability").length;
    let above = ascending.findIndex((photo) => photo.probability === null || photo.probability >= threshold);
    if (above < 0) above = end;
    let below = above - 1;
    const found = [];
    while (below >= 0 || above < end) {
      const isAbove = below < 0 || (above < end && ascending[above].probability - threshold <= threshold - ascending[below].probability);
      found.push(ascending[isAbove ? above++ : below--]);
    }
    return found.concat(ascending.slice(end));
  }
}

const SECTIONS = {
  folder: { keyOf: folderOf, compare: compareFolders, title: (folder) => folder || "(no folder)" },
  day: { keyOf: dayOf, compare: compareDays, title: (day) => (day === NO_DAY ? "No date" : dateText(day * DAY_SECONDS, "2000-01-01".length)) },
};
const DAY_SECONDS = 86400;
const NO_DAY = Infinity; // after all days, in either order

function dayOf(photo) {
  return photo.date === null ? NO_DAY : Math.floor(photo.date / DAY_SECONDS);
}

function compareDays(a, b, order) {
  return order === "newest" && a !== NO_DAY && b !== NO_DAY ? b - a : a - b;
}

// Return the photos section by section, and the sections as runs of them.
function sectioned(photos, by, order) {
  const { keyOf, compare: comparison, title } = SECTIONS[by] ?? {};
  if (!keyOf) return { photos, sections: photos.length ? [{ title: null, start: 0, count: photos.length }] : [] };
  const groups = new Map();
  for (const photo of photos) {
    const key = keyOf(photo);
    if (groups.has(key)) groups.get(key).push(photo);
    else groups.set(key, [photo]);
  }
  const sections = [];
  const found = [];
  for (const key of [...groups.keys()].sort((a, b) => comparison(a, b, order))) {
    sections.push({ title: title(key), start: found.length, count: groups.get(key).length });
    for (const photo of groups.get(key)) found.push(photo);
  }
  return { photos: found, sections };
}
