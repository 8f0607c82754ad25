/* SPDX-License-Identifier: Apache-2.0
 *
 * The network as ZeroMQ shows it: a link delivers in order and without gaps until its connection
 * breaks; then any suffix of what was queued or under way is lost, silently, and the next
 * connection starts at once. What survives of the old connection may arrive after the first
 * frames of the new one. A cut link swallows for as long as it lasts; afterwards either TCP
 * delivers everything late or the connection turns out to be broken.
 */
#include "tests/sim/world.h"

static sim_link *link_of(sim_world *world, sim_lane lane, uint32_t from, uint32_t to)
{
    return &world->links[lane][from][to];
}

static void link_put(sim_world *world, sim_link *link, sim_event *frame)
{
    sim_ns at_ns = world->now_ns + sim_jitter(&world->net_random, world->config.link_ns);
    at_ns += link->slow_ns == 0 ? 0 : sim_jitter(&world->net_random, link->slow_ns);
    link->last_ns = LEAT_MAX(link->last_ns + 1, at_ns);
    sim_schedule(world, link->last_ns, frame);
}

void sim_net_send(sim_world *world, sim_lane lane, uint32_t from, uint32_t to, sim_event *frame)
{
    sim_link *link = link_of(world, lane, from, to);
    frame->from = from;
    frame->from_life = sim_node_life(world, from);
    frame->lane = lane;
    frame->connection = link->connection;
    frame->number = link->sent++;
    if (link->is_cut)
        leat_vec_push(&link->held, frame);
    else
        link_put(world, link, frame);
}

bool sim_net_arrives(sim_world *world, const sim_event *frame)
{
    const sim_link *link = link_of(world, frame->lane, frame->from, frame->node);
    bool is_lost = frame->number >= link->lost_from && frame->number < link->lost_to;
    return !is_lost;
}

static void link_break(sim_world *world, sim_link *link, uint64_t window)
{
    uint64_t reach = LEAT_MIN(link->sent, window);
    uint64_t lost = leat_prng_below(&world->net_random, reach + 1);
    link->lost_from = link->sent - lost;
    link->lost_to = link->sent;
    link->connection++;
    if (leat_prng_chance(&world->net_random, 0.5))
        link->last_ns = world->now_ns; /* new frames may overtake what is left of the old ones */
}

static void tell_link(sim_world *world, uint32_t node, uint32_t from, uint32_t is_up, sim_ns in_ns)
{
    sim_event *news = sim_event_new(world, SIM_EVENT_LINK_NEWS, node);
    news->from = from;
    news->index = is_up;
    sim_schedule(world, world->now_ns + in_ns, news);
}

void sim_net_reset(sim_world *world, sim_lane lane, uint32_t a, uint32_t b, bool is_heard)
{
    link_break(world, link_of(world, lane, a, b), 64);
    link_break(world, link_of(world, lane, b, a), 64);
    if (lane != SIM_LANE_CONTROL || !is_heard)
        return;
    uint32_t worker = a == SIM_NODE_COORDINATOR ? b : a;
    tell_link(world, SIM_NODE_COORDINATOR, worker, 0, SIM_MS);
    tell_link(world, worker, SIM_NODE_COORDINATOR, 0, SIM_MS);
    tell_link(world, worker, SIM_NODE_COORDINATOR, 1, 2 * SIM_MS);
}

void sim_net_cut(sim_world *world, sim_lane lane, uint32_t from, uint32_t to, bool is_cut)
{
    sim_link *link = link_of(world, lane, from, to);
    if (link->is_cut == is_cut)
        return;
    link->is_cut = is_cut;
    if (is_cut)
        return;
    bool is_broken = leat_prng_chance(&world->net_random, 0.5);
    size_t kept =
        is_broken ? leat_prng_below(&world->net_random, link->held.count + 1) : link->held.count;
    if (is_broken)
        link->connection++;
    for (size_t i = 0; i < link->held.count; i++) {
        if (i < kept)
            link_put(world, link, link->held.items[i]);
        else
            sim_event_drop(world, link->held.items[i]);
    }
    leat_vec_clear(&link->held);
}

/* What a dead process had queued, and what waited for it, may be gone. */
void sim_net_node_died(sim_world *world, uint32_t node)
{
    for (uint32_t lane = 0; lane < SIM_LANE_COUNT; lane++) {
        for (uint32_t other = 0; other < SIM_NODES_MAX; other++) {
            if (other == node)
                continue;
            link_break(world, link_of(world, (sim_lane)lane, node, other), 64);
            sim_link *in = link_of(world, (sim_lane)lane, other, node);
            link_break(world, in, 64); /* what is still on the wire may find the next process */
        }
    }
    if (node == SIM_NODE_COORDINATOR) {
        for (uint32_t w = 1; w <= world->config.worker_count; w++)
            tell_link(world, w, node, 0, SIM_MS);
    } else
        tell_link(world, SIM_NODE_COORDINATOR, node, 0, SIM_MS);
}

void sim_net_heal(sim_world *world)
{
    for (uint32_t lane = 0; lane < SIM_LANE_COUNT; lane++) {
        for (uint32_t a = 0; a < SIM_NODES_MAX; a++) {
            for (uint32_t b = 0; b < SIM_NODES_MAX; b++) {
                sim_net_cut(world, (sim_lane)lane, a, b, false);
                link_of(world, (sim_lane)lane, a, b)->slow_ns = 0;
            }
        }
    }
}
