// @ts-check

/**
 * How many hosts have at least so many pages falls with the power 0.9 of that number: crawls of Alexa and Infoseek have
 * 0.7 to 0.9 (Huberman and Adamic, "Evolutionary Dynamics of the World Wide Web", 1999, arXiv:cond-mat/9901071: a density
 * with the exponent 1.7 to 1.9).
 */
const EXPONENT = 0.9;

/** Halvings until what is left over is some URLs. */
const HALVINGS = 40;

/**
 * URLs per host, the most first: a power law that bends towards its largest host, as a crawl has it that takes only so
 * many pages of a host (Zipf and Mandelbrot's law), and whose sum is exact.
 *
 * @param {{ hosts: number, urls: number, largest: number }} list `largest`: URLs of the largest host
 * @returns {Uint32Array}
 */
export function hostSizes({ hosts, urls, largest }) {
  const powers = Float64Array.from({ length: largest + 1 }, (_, size) => (largest / size) ** EXPONENT);
  const law = { hosts, powers, bend: 0 };
  law.bend = findBend(law, urls);
  const sizes = new Uint32Array(hosts).fill(1);
  let host = 0;
  let sum = hosts;
  for (let size = largest; size > 1; size--) {
    for (const end = hostsWith(size, law); host < end; host++) {
      sizes[host] = size;
      sum += size - 1;
    }
  }
  // What is left over is one more for each of the largest hosts, but not for the first.
  for (let i = 1; sum < urls; i++, sum++) sizes[i] = /** @type {number} */ (sizes[i]) + 1;
  return sizes;
}

/** @typedef {{ hosts: number, powers: Float64Array, bend: number }} Law `powers` for each number of URLs */

/**
 * How far the law is bent, so that it has not more than all URLs.
 *
 * @param {Law} law
 * @param {number} urls
 */
function findBend(law, urls) {
  let [low, high] = [0, law.hosts];
  for (let i = 0; i < HALVINGS; i++) {
    const bend = (low + high) / 2;
    if (sumOf({ ...law, bend }) <= urls) low = bend;
    else high = bend;
  }
  return low;
}

/** @param {Law} law */
function sumOf(law) {
  let sum = law.hosts;
  for (let size = 2; size < law.powers.length; size++) sum += hostsWith(size, law);
  return sum;
}

/**
 * How many hosts have at least so many URLs.
 *
 * @param {number} size
 * @param {Law} law
 */
function hostsWith(size, { hosts, powers, bend }) {
  return Math.min(hosts, Math.floor((1 + bend) * /** @type {number} */ (powers[size]) - bend));
}
