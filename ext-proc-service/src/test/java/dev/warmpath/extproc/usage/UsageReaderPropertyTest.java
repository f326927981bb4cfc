package dev.warmpath.extproc.usage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.warmpath.extproc.prompt.Dialect;
import dev.warmpath.extproc.prompt.Json;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;

/** The reader, byte by byte and in any pieces, against Jackson over whole documents. */
class UsageReaderPropertyTest {

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();
  private static final String[] NAMES = {
    "usage",
    "message",
    "input_tokens",
    "output_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "cache_creation",
    "ephemeral_5m_input_tokens",
    "ephemeral_1h_input_tokens",
    "prompt_tokens",
    "completion_tokens",
    "prompt_tokens_details",
    "cached_tokens",
    "cache_write_tokens",
    "prompt_cache_hit_tokens",
    "timings",
    "cache_n",
    "choices",
    "usagex",
    "usag",
    "é",
    "",
  };
  private static final String[] TEXTS = {
    "", "\"usage\":{\"prompt_tokens\":1}", "\\", "\n\ndata: {}\n\n", "日本", "😀", "]}", "a\r\nb",
  };

  /** Those that the generator knows. */
  @Provide
  Arbitrary<Dialect> dialects() {
    return Arbitraries.of(Dialect.OPENAI_CHAT, Dialect.ANTHROPIC_MESSAGES);
  }

  @Property(tries = 1500, shrinking = ShrinkingMode.OFF)
  void body_inAnyPieces_isReadAsJacksonReadsIt(
      @ForAll long seed, @ForAll("dialects") Dialect dialect) {
    Random random = new Random(seed);
    Json document = response(random, dialect);
    byte[] body = document.scattered(random).getBytes(UTF_8);

    Usage usage = read(dialect, "application/json", body, random);

    assertThat(usage).isEqualTo(expected(dialect, false, List.of(document.compact())));
  }

  @Property(tries = 1500, shrinking = ShrinkingMode.OFF)
  void stream_inAnyPieces_isReadAsJacksonReadsItsEvents(
      @ForAll long seed, @ForAll("dialects") Dialect dialect) {
    Random random = new Random(seed);
    List<String> events = new ArrayList<>();
    StringBuilder stream = new StringBuilder(random.nextInt(4) == 0 ? "\ufeff" : "");
    for (int i = random.nextInt(6); i >= 0; i--) {
      String data =
          random.nextInt(8) == 0 ? "[DONE]" : response(random, dialect).scattered(random).strip();
      events.add(data);
      write(stream, data, random);
    }

    Usage usage = read(dialect, "text/event-stream", stream.toString().getBytes(UTF_8), random);

    assertThat(usage).isEqualTo(expected(dialect, true, events));
  }

  @Property(tries = 3000, shrinking = ShrinkingMode.OFF)
  void anyBytes_inAnyPieces_giveOneAnswerAndNoException(
      @ForAll long seed, @ForAll("dialects") Dialect dialect) {
    Random random = new Random(seed);
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(3); i >= 0; i--) {
      if (random.nextBoolean()) {
        write(text, response(random, dialect).scattered(random), random);
      } else {
        text.append(response(random, dialect).compact());
      }
    }
    byte[] body = mutated(text.toString().getBytes(UTF_8), random);
    String type = new String[] {"application/json", "text/event-stream", ""}[random.nextInt(3)];

    Usage whole = read(dialect, type, body, null);

    assertThat(read(dialect, type, body, random)).isEqualTo(whole);
  }

  @Property(tries = 4000, shrinking = ShrinkingMode.OFF)
  void document_isWhole_whereJacksonTakesIt(@ForAll long seed) {
    Random random = new Random(seed);
    byte[] body = response(random, Dialect.OPENAI_CHAT).compact().getBytes(UTF_8);
    for (int i = random.nextInt(3); i > 0; i--) {
      body = mutated(body, random);
    }
    if (body.length == 0 || (body[0] != '{' && body[0] != '[')) {
      return;
    }
    JsonCounts json = new JsonCounts(new CountPaths("usage.prompt_tokens"));
    json.feed(body, 0, body.length);

    // Bytes beyond ASCII are not our business inside strings, so Jackson gets characters.
    assertThat(json.isWhole()).isEqualTo(isJson(new String(body, UTF_8)));
  }

  private static boolean isJson(String text) {
    try {
      JSON.readTree(text);
      return true;
    } catch (JsonProcessingException e) {
      return false;
    }
  }

  /** A response with counts at their places and at wrong ones. */
  private static Json response(Random random, Dialect dialect) {
    List<Json.Member> members = new ArrayList<>();
    members.add(member(random, 3));
    if (random.nextBoolean()) {
      members.add(new Json.Member("usage", usage(random, dialect)));
    }
    if (random.nextInt(3) == 0) {
      members.add(
          new Json.Member(
              "message", new Json.Obj(List.of(new Json.Member("usage", usage(random, dialect))))));
    }
    members.add(member(random, 3));
    return new Json.Obj(members);
  }

  private static Json usage(Random random, Dialect dialect) {
    List<Json.Member> members = new ArrayList<>();
    String[] names =
        dialect == Dialect.OPENAI_CHAT
            ? new String[] {"prompt_tokens", "completion_tokens", "prompt_cache_hit_tokens"}
            : new String[] {
              "input_tokens",
              "output_tokens",
              "cache_read_input_tokens",
              "cache_creation_input_tokens"
            };
    for (String name : names) {
      if (random.nextInt(4) > 0) {
        members.add(new Json.Member(name, count(random)));
      }
    }
    if (random.nextBoolean()) {
      members.add(member(random, 2));
    }
    String details = dialect == Dialect.OPENAI_CHAT ? "prompt_tokens_details" : "cache_creation";
    if (random.nextInt(3) > 0) {
      List<Json.Member> inner = new ArrayList<>();
      for (String name :
          dialect == Dialect.OPENAI_CHAT
              ? new String[] {"cached_tokens", "cache_write_tokens"}
              : new String[] {"ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens"}) {
        if (random.nextInt(4) > 0) {
          inner.add(new Json.Member(name, count(random)));
        }
      }
      members.add(new Json.Member(details, new Json.Obj(inner)));
    }
    return new Json.Obj(members);
  }

  private static Json count(Random random) {
    return switch (random.nextInt(8)) {
      case 0 -> new Json.Raw("null");
      case 1 -> new Json.Raw("1.5");
      case 2 -> new Json.Str("7");
      default -> new Json.Raw("" + random.nextInt(10_000));
    };
  }

  private static Json.Member member(Random random, int depth) {
    return new Json.Member(NAMES[random.nextInt(NAMES.length)], any(random, depth));
  }

  private static Json any(Random random, int depth) {
    int kind = random.nextInt(depth == 0 ? 4 : 6);
    return switch (kind) {
      case 0 -> new Json.Raw(random.nextBoolean() ? "true" : "null");
      case 1 -> new Json.Raw(new String[] {"0", "-1", "12", "1e5", "-3.25E-2"}[random.nextInt(5)]);
      case 2, 3 -> new Json.Str(TEXTS[random.nextInt(TEXTS.length)]);
      case 4 -> {
        List<Json> elements = new ArrayList<>();
        for (int i = random.nextInt(3); i > 0; i--) {
          elements.add(any(random, depth - 1));
        }
        yield new Json.Arr(elements);
      }
      default -> {
        List<Json.Member> members = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
          members.add(member(random, depth - 1));
        }
        yield new Json.Obj(members);
      }
    };
  }

  /** An event as any server might write it; line ends inside the data become data lines. */
  private static void write(StringBuilder to, String data, Random random) {
    String[] ends = {"\n", "\r\n", "\r"};
    String end = ends[random.nextInt(3)];
    if (random.nextBoolean()) {
      to.append("event: x").append(end);
    }
    for (String line : data.split("\r\n|\n|\r", -1)) {
      if (random.nextInt(5) == 0) {
        to.append(": comment").append(end);
      }
      // A space before the data belongs to the field, one more would belong to the data.
      to.append(random.nextBoolean() || line.startsWith(" ") ? "data: " : "data:")
          .append(line)
          .append(end);
    }
    to.append(end);
    if (random.nextInt(5) == 0) {
      to.append(end);
    }
  }

  private static byte[] mutated(byte[] body, Random random) {
    if (body.length == 0) {
      return body;
    }
    int at = random.nextInt(body.length);
    return switch (random.nextInt(4)) {
      case 0 -> Arrays.copyOf(body, at);
      case 1 -> {
        byte[] changed = body.clone();
        changed[at] = (byte) "{}[]\",:\\ 0e.-\n\rtu".charAt(random.nextInt(17));
        yield changed;
      }
      case 2 -> {
        byte[] changed = Arrays.copyOf(body, body.length + 1);
        System.arraycopy(body, at, changed, at + 1, body.length - at);
        changed[at] = (byte) random.nextInt(0x20, 0x7f);
        yield changed;
      }
      default -> {
        byte[] changed = new byte[body.length - 1];
        System.arraycopy(body, 0, changed, 0, at);
        System.arraycopy(body, at + 1, changed, at, body.length - at - 1);
        yield changed;
      }
    };
  }

  /** Feeds in random pieces, often of one byte; whole without a random. */
  private static Usage read(
      Dialect dialect, String type, byte[] body, @org.jspecify.annotations.Nullable Random random) {
    UsageReader reader = UsageReader.of(dialect, 200, type, "");
    int at = 0;
    int most = random == null ? body.length : 1 + random.nextInt(random.nextBoolean() ? 1 : 40);
    while (at < body.length) {
      int length =
          random == null ? body.length : Math.min(body.length - at, 1 + random.nextInt(most));
      byte[] piece = new byte[length + 2];
      System.arraycopy(body, at, piece, 1, length);
      reader.feed(piece, 1, length);
      at += length;
    }
    Usage usage = reader.finish();
    assertThat(reader.finish()).isEqualTo(usage);
    return usage;
  }

  private static Usage expected(Dialect dialect, boolean stream, List<String> documents) {
    long[] counts = new long[7];
    Arrays.fill(counts, -1);
    for (String document : documents) {
      if (!isJson(document)) {
        continue;
      }
      JsonNode tree;
      try {
        tree = JSON.readTree(document);
      } catch (JsonProcessingException e) {
        throw new AssertionError(e);
      }
      if (dialect == Dialect.OPENAI_CHAT) {
        take(counts, 0, tree.at("/usage/prompt_tokens"));
        take(counts, 1, tree.at("/usage/completion_tokens"));
        take(counts, 2, tree.at("/usage/prompt_tokens_details/cached_tokens"));
        take(counts, 3, tree.at("/usage/prompt_tokens_details/cache_write_tokens"));
        take(counts, 4, tree.at("/usage/prompt_cache_hit_tokens"));
        take(counts, 5, tree.at("/usage/cached_tokens"));
        take(counts, 6, tree.at("/timings/cache_n"));
      } else {
        if (stream) {
          takeAnthropic(counts, tree.at("/message/usage"));
        }
        takeAnthropic(counts, tree.at("/usage"));
      }
    }
    if (dialect == Dialect.ANTHROPIC_MESSAGES) {
      return new Usage(counts[2], counts[3], counts[4], counts[5], counts[0], -1, counts[1]);
    }
    long read = counts[2] >= 0 ? counts[2] : counts[4] >= 0 ? counts[4] : counts[5];
    read = read >= 0 ? read : counts[6];
    long written = read >= 0 ? Math.max(0, counts[3]) : counts[3];
    return new Usage(read, written, written, written < 0 ? -1 : 0, -1, counts[0], counts[1]);
  }

  private static void takeAnthropic(long[] counts, JsonNode usage) {
    take(counts, 0, usage.path("input_tokens"));
    take(counts, 1, usage.path("output_tokens"));
    take(counts, 2, usage.path("cache_read_input_tokens"));
    take(counts, 3, usage.path("cache_creation_input_tokens"));
    take(counts, 4, usage.at("/cache_creation/ephemeral_5m_input_tokens"));
    take(counts, 5, usage.at("/cache_creation/ephemeral_1h_input_tokens"));
  }

  private static void take(long[] counts, int slot, JsonNode value) {
    if (value.isIntegralNumber() && value.canConvertToLong() && value.longValue() >= 0) {
      counts[slot] = value.longValue();
    }
  }
}
