/* SPDX-License-Identifier: Apache-2.0
 *
 * nexmark - the source `nexmark`: people who open auctions and bid in them, deterministic.
 *
 * Event n of the benchmark is a person (n mod 50 = 0), an auction (1..3) or a bid (4..49), and all
 * of it is a function of (seed, n): whatever the batch size, the splits or the point of resuming,
 * the rows are the same. A source gives one table; columns are matched by name with its fields:
 *   bid:     auction, bidder, price, channel, url, dateTime, extra
 *   auction: id, itemName, description, initialBid, reserve, dateTime, expires, seller, category,
 *            extra
 *   person:  id, name, emailAddress, creditCard, city, state, dateTime, extra
 *   all:     event_type (0 person, 1 auction, 2 bid), dateTime, and the fields of all three with
 *            person_, auction_, bid_ before them, NULL in the rows of the others
 * Ids, prices and times are bigint, dateTime and expires timestamp, the rest string.
 *
 * Options: table (bid), events (of all kinds together; without it there is no end), event_rate
 * (10000 events a second of event time), start (2015-07-15 00:00:00), seed (1), splits
 * (parallelism), hot_auction_ratio (2), hot_seller_ratio (4), hot_bidder_ratio (4). A position
 * counts the rows of the table, split i of n makes the rows i, i + n, ...
 */
#ifndef LEAT_WORKER_CONNECTORS_NEXMARK_NEXMARK_H
#define LEAT_WORKER_CONNECTORS_NEXMARK_NEXMARK_H

#include "worker/connectors/base/connector.h"

extern const leat_source_class leat_nexmark_source;

#endif
