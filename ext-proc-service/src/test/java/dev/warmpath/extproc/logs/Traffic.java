package dev.warmpath.extproc.logs;

import dev.warmpath.extproc.logs.Request.Message;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * Users who hold conversations at the same time.
 *
 * @param requests in all
 * @param concurrent conversations that are open at once
 * @param minTurns requests of a conversation, at least
 */
record Traffic(
    int requests,
    int concurrent,
    int users,
    int minTurns,
    int maxTurns,
    double gapSeconds,
    Conversation.Manner manner) {

  /** An application in one of its versions. */
  record Version(Application application, Defect defect) {}

  /**
   * One request of a log.
   *
   * @param isStuck whether a defective application repeated its first values
   */
  record Event(Request request, Version version, boolean isStuck) {}

  /**
   * @param route which version makes a request; a conversation speaks of what the version of its
   *     first request is about
   * @param stuckShare of the requests of defective versions that use the values of the log's first
   *     request, as a replica does that builds its prompt once at its start
   */
  List<Event> events(Function<Moment, Version> route, double stuckShare, Draw draw) {
    Instant now = Instant.parse("2025-09-01T06:00:00Z").plusSeconds(draw.below(400 * 86_400));
    List<Conversation> open = new ArrayList<>();
    List<Event> events = new ArrayList<>();
    Set<Integer> greeted = new TreeSet<>();
    Moment first = new Moment(now, 0, 0, 0, now, 0);
    for (int number = 0; events.size() < requests; ) {
      now = now.plusSeconds(draw.gapSeconds(gapSeconds));
      if (open.size() < concurrent && (open.isEmpty() || draw.chance(0.4))) {
        // Each user comes once before any comes again.
        int user = greeted.size() < users ? greeted.size() : draw.below(users);
        greeted.add(user);
        Moment begin = new Moment(now, events.size(), 0, number, now, user);
        int turns = draw.between(minTurns, maxTurns);
        open.add(
            new Conversation(
                number,
                user,
                now,
                route.apply(begin).application(),
                manner,
                turns,
                draw.fork(1000 + number)));
        number++;
      }
      Conversation conversation = draw.pick(open);
      List<Message> history = conversation.next(now);
      Moment moment =
          new Moment(
              now,
              events.size(),
              conversation.turn(),
              conversation.number,
              conversation.start,
              conversation.user);
      Version version = route.apply(moment);
      boolean stuck = draw.chance(stuckShare);
      Request plain = version.application().request(history);
      Request request =
          version
              .defect()
              .applyTo(plain, version.application().examples().size(), stuck ? first : moment);
      events.add(new Event(request, version, stuck));
      if (conversation.isOver()) {
        open.remove(conversation);
      }
    }
    return events;
  }
}
