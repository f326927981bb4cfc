package dev.warmpath.extproc.logs;

import dev.warmpath.extproc.logs.Conversation.Manner;
import dev.warmpath.extproc.logs.Moment.Every;
import dev.warmpath.extproc.logs.Traffic.Event;
import dev.warmpath.extproc.logs.Traffic.Version;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Makes logs from seeds: equal seeds, equal logs. Half a megabyte to a few megabytes each, so make
 * them one at a time.
 */
public final class RequestLogs {

  /** What can be planted. */
  public static final List<String> KINDS =
      List.of(
          "time_stamp",
          "date",
          "uuid",
          "counter",
          "random_id",
          "user_name",
          "tool_order",
          "schema_key_order",
          "retrieval_order",
          "image_toggled",
          "parameter");

  private RequestLogs() {}

  /** A log of an application with a defect, alone or beside one without. */
  public static PlantedLog planted(String kind, long seed) {
    return PlantedLogs.make(kind, seed).log();
  }

  /** A log without a defect, however much in it differs. */
  public static PlantedLog clean(long seed) {
    return CleanLogs.make(seed);
  }

  /** A log without a defect whose users, or their tools, paste new material into each request. */
  public static PlantedLog cleanWithPastes(long seed) {
    return PastedLogs.make(seed);
  }

  /**
   * A log with what its test may know besides.
   *
   * @param defective the requests, by number, of the application with the defect
   */
  record Made(PlantedLog log, List<Integer> defective) {}

  /** Writes requests as the clients of one log write them. */
  static List<byte[]> bodies(List<Event> events, Format format, Draw draw) {
    JsonText.Spelling spelling =
        draw.pick(
            List.of(
                JsonText.Spelling.COMPACT,
                JsonText.Spelling.COMPACT,
                JsonText.Spelling.SPACED_ASCII,
                JsonText.Spelling.INDENTED));
    // Some libraries sort the members of objects that they build from maps: of the top level only,
    // since tools and messages come from classes.
    boolean sorted = draw.chance(0.3);
    List<byte[]> bodies = new ArrayList<>();
    for (Event event : events) {
      Map<String, Object> body = format.body(event.request());
      bodies.add(JsonText.write(sorted ? new TreeMap<>(body) : body, spelling));
    }
    return bodies;
  }

  /** A format; chat and messages are most of what is spoken. */
  static Format format(Draw draw) {
    return draw.pick(
        List.of(
            Format.CHAT,
            Format.CHAT,
            Format.CHAT,
            Format.CHAT,
            Format.MESSAGES_STRING,
            Format.MESSAGES_STRING,
            Format.MESSAGES_BLOCKS,
            Format.MESSAGES_BLOCKS,
            Format.RESPONSES,
            Format.GEMINI,
            Format.CONVERSE));
  }

  /** Where the requests with the defect part, in the segments of that name. */
  static Planted planted(
      String kind, String segment, List<Request> requests, Format format, int index) {
    List<List<byte[]>> texts = requests.stream().map(r -> format.segments(segment, r)).toList();
    int at = index;
    int offset = -1;
    if (at >= 0) {
      offset = firstDifference(texts, at);
    } else {
      do {
        at++;
        offset = firstDifference(texts, at);
      } while (offset < 0);
    }
    return new Planted(kind, segment, at, offset);
  }

  /** The first byte at which any two differ, or -1 if they are equal. */
  private static int firstDifference(List<List<byte[]>> texts, int segment) {
    byte[] first = texts.getFirst().get(segment);
    int least = Integer.MAX_VALUE;
    for (List<byte[]> other : texts) {
      int mismatch = Arrays.mismatch(first, other.get(segment));
      least = mismatch < 0 ? least : Math.min(least, mismatch);
    }
    return least == Integer.MAX_VALUE ? -1 : least;
  }

  /** A route on which one application speaks. */
  static Version only(Application application, @Nullable Defect defect) {
    return new Version(application, defect == null ? Defect.NONE : defect);
  }

  static Manner manner(Draw draw) {
    return new Manner(
        draw.pick(List.of(0.0, 0.2, 0.5)),
        draw.pick(List.of(0.0, 0.0, 0.05)),
        draw.pick(List.of(0.0, 0.0, 0.3)),
        draw.chance(0.1));
  }

  static Every every(Draw draw) {
    return draw.chance(0.7) ? Every.REQUEST : Every.CONVERSATION;
  }
}
