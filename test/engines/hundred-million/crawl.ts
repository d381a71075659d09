/**
 * The list of all that is reckoned here. Common Crawl's crawl of October 2024 (CC-MAIN-2024-42, plots/crawlsize/domain.csv
 * and plots/domains-top-500.csv of github.com/commoncrawl/cc-crawl-statistics) has 2,482,057,519 URLs of 47,552,457 hosts,
 * 52 each. The domain of few hosts that has the most of them has 0.11 % (pinterest.com, 47 hosts): hence the largest host.
 */
export const CRAWL = { hosts: 5_000_000, urls: 100_000_000, largest: 100_000 };

/** The same without a crawler that takes only so many pages of a host: one in a hundred URLs is of the largest. */
export const LOPSIDED = { ...CRAWL, largest: 1_000_000 };

export const MACHINES = 50;

export const PER_HOST = 2;
