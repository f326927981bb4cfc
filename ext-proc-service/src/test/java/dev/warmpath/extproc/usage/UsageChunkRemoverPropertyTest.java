package dev.warmpath.extproc.usage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableSet;
import java.util.Random;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/**
 * Streams in any pieces, of which the last may go on without us at any time, against an event
 * stream parser of a few lines.
 */
class UsageChunkRemoverPropertyTest {

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();
  private static final String[] LINE_ENDS = {"\n", "\r\n", "\r"};
  private static final String DONE = "[DONE]";

  /**
   * A stream.
   *
   * @param usageStart offset of the event with the usage
   * @param usageBrace offset of the brace in it
   * @param usageEnd offset at which it is over
   * @param usageAfter offset behind it, with the second byte of its last line end
   * @param finishes whether an answer ends before it
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Stream(
      byte[] bytes,
      int usageStart,
      int usageBrace,
      int usageEnd,
      int usageAfter,
      boolean finishes) {

    byte[] withoutUsage() {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      out.write(bytes, 0, usageStart);
      out.write(bytes, usageAfter, bytes.length - usageAfter);
      return out.toByteArray();
    }

    /** Whether pieces that end at these offsets let the event be told in time. */
    boolean tellsInTime(NavigableSet<Integer> ends) {
      Integer inside = ends.higher(usageStart);
      return inside == null || inside >= usageEnd || (finishes && inside > usageBrace);
    }
  }

  @Property(tries = 2_000)
  void usage_inAnyPieces_isTakenOutWhereItCanBeToldInTime(@ForAll long seed) {
    Random random = new Random(seed);
    Stream stream = stream(random, random.nextInt(8) > 0);
    NavigableSet<Integer> ends = ends(random, stream);
    UsageChunkRemover remover = new UsageChunkRemover();

    byte[] out = run(remover, stream.bytes(), ends, Integer.MAX_VALUE, random.nextBoolean());

    boolean isTold = stream.tellsInTime(ends);
    assertThat(remover.takenOut()).isEqualTo(isTold ? 1 : 0);
    assertThat(remover.letThrough() == null).isEqualTo(isTold);
    assertThat(remover.heldBytes()).isZero();
    assertThat(new String(out, UTF_8))
        .isEqualTo(new String(isTold ? stream.withoutUsage() : stream.bytes(), UTF_8));
  }

  @Property(tries = 300)
  void death_afterAnyPiece_losesNothingButTheUsage(@ForAll long seed) {
    Random random = new Random(seed);
    Stream stream = stream(random, true);
    NavigableSet<Integer> ends = ends(random, stream);
    List<String> whole = events(stream.bytes());
    List<String> without = events(stream.withoutUsage());

    for (int pieces = 0; pieces <= ends.size(); pieces++) {
      byte[] out = run(new UsageChunkRemover(), stream.bytes(), ends, pieces, false);

      List<String> seen = events(out);
      assertThat(seen).isIn(whole, without);
      assertThat(seen).contains(DONE).allMatch(UsageChunkRemoverPropertyTest::isSound);
    }
  }

  /** What a client gets if the remover dies after so many pieces. */
  private static byte[] run(
      UsageChunkRemover remover,
      byte[] bytes,
      NavigableSet<Integer> ends,
      int alive,
      boolean marked) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int from = 0;
    int number = 0;
    for (int end : ends) {
      byte[] piece = Arrays.copyOfRange(bytes, from, end);
      // The end of a stream comes with its last bytes, or alone.
      boolean last = marked && end == bytes.length;
      byte[] instead = number++ < alive ? remover.feed(piece, piece.length, last) : null;
      out.writeBytes(instead == null ? piece : instead);
      from = end;
    }
    if (number <= alive && !marked) {
      byte[] instead = remover.feed(new byte[0], 0, true);
      out.writeBytes(instead == null ? new byte[0] : instead);
    }
    return out.toByteArray();
  }

  /** Some anywhere, some where it matters; the last at the end. */
  private static NavigableSet<Integer> ends(Random random, Stream stream) {
    NavigableSet<Integer> ends = new TreeSet<>();
    int count = random.nextInt(6);
    for (int i = 0; i < count; i++) {
      ends.add(1 + random.nextInt(stream.bytes().length));
      int near = stream.usageStart() - 3 + random.nextInt(20);
      ends.add(Math.clamp(near, 1, stream.bytes().length));
      ends.add(Math.clamp(stream.usageEnd() - 3 + random.nextInt(12), 1, stream.bytes().length));
    }
    if (random.nextInt(4) == 0) {
      for (int i = 1; i < stream.bytes().length; i++) {
        ends.add(i);
      }
    }
    ends.add(stream.bytes().length);
    return ends;
  }

  private static Stream stream(Random random, boolean finishes) {
    String end = LINE_ENDS[random.nextInt(LINE_ENDS.length)];
    String colon = random.nextInt(4) == 0 ? "data:" : "data: ";
    StringBuilder text = new StringBuilder(random.nextInt(4) == 0 ? "\uFEFF" : "");
    int contents = random.nextInt(4);
    for (int i = 0; i < contents; i++) {
      comments(random, text, end);
      event(
          text,
          colon,
          "{\"choices\":[{\"delta\":{\"content\":\""
              + said(random)
              + "\"},\"finish_reason\":null}]}",
          end);
    }
    if (finishes) {
      event(
          text,
          colon,
          "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":null}",
          end);
    }
    comments(random, text, end);
    int usageStart = bytes(text);
    if (random.nextInt(5) == 0) {
      text.append("id: 7").append(end);
    }
    int usageBrace = bytes(text) + colon.length();
    String space = random.nextInt(4) == 0 ? " " : "";
    event(
        text,
        colon,
        "{%s\"id\":\"c\\\"{\",\"choices\":%s[%s],\"usage\":{\"prompt_tokens\":9,\"x\":{\"y\":[1]}}%s}"
            .formatted(space, space, space, space),
        end);
    int usageAfter = bytes(text);
    int usageEnd = end.length() == 2 ? usageAfter - 1 : usageAfter;
    comments(random, text, end);
    event(text, colon, DONE, end);
    return new Stream(
        text.toString().getBytes(UTF_8), usageStart, usageBrace, usageEnd, usageAfter, finishes);
  }

  private static String said(Random random) {
    return switch (random.nextInt(4)) {
      case 0 -> "\\\"choices\\\":[],\\\"usage\\\":{}";
      case 1 -> "naïve 🙂 \\\\";
      case 2 -> "{}[]:,";
      default -> "words";
    };
  }

  private static void comments(Random random, StringBuilder text, String end) {
    switch (random.nextInt(6)) {
      case 0 -> text.append(": keep-alive").append(end);
      case 1 -> text.append(":").append(end).append(end);
      case 2 -> text.append(end);
      default -> {}
    }
  }

  private static void event(StringBuilder text, String colon, String json, String end) {
    text.append(colon).append(json).append(end).append(end);
  }

  private static int bytes(StringBuilder text) {
    return text.toString().getBytes(UTF_8).length;
  }

  private static boolean isSound(String data) {
    if (data.equals(DONE)) {
      return true;
    }
    try {
      return JSON.readTree(data).isObject();
    } catch (IOException e) {
      return false;
    }
  }

  /** The data of each event, by the standard. */
  private static List<String> events(byte[] stream) {
    String text = new String(stream, UTF_8);
    if (text.startsWith("\uFEFF")) {
      text = text.substring(1);
    }
    List<String> events = new ArrayList<>();
    List<String> data = new ArrayList<>();
    for (String line : text.split("\r\n|\r|\n", -1)) {
      if (line.isEmpty()) {
        if (!data.isEmpty()) {
          events.add(String.join("\n", data));
          data.clear();
        }
      } else if (line.startsWith("data:")) {
        String value = line.substring("data:".length());
        data.add(value.startsWith(" ") ? value.substring(1) : value);
      } else if (line.equals("data")) {
        data.add("");
      }
    }
    return events;
  }
}
