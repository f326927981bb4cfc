package dev.warmpath.extproc.usage;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.warmpath.extproc.prompt.Dialect;
import dev.warmpath.extproc.prompt.Json;
import java.io.ByteArrayOutputStream;
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
    "response",
    "input_tokens_details",
    "usageMetadata",
    "promptTokenCount",
    "candidatesTokenCount",
    "cachedContentTokenCount",
    "inputTokens",
    "outputTokens",
    "cacheReadInputTokens",
    "cacheDetails",
    "ttl",
    "bytes",
    "choices",
    "usagex",
    "usag",
    "é",
    "",
  };
  private static final String[] TEXTS = {
    "", "\"usage\":{\"prompt_tokens\":1}", "\\", "\n\ndata: {}\n\n", "日本", "😀", "]}", "a\r\nb",
  };

  /** One for each form. */
  @Provide
  Arbitrary<Dialect> dialects() {
    return Arbitraries.of(
        Dialect.OPENAI_CHAT,
        Dialect.ANTHROPIC_MESSAGES,
        Dialect.OPENAI_RESPONSES,
        Dialect.BEDROCK_CONVERSE,
        Dialect.GEMINI);
  }

  @Property(tries = 1000, shrinking = ShrinkingMode.OFF)
  void frames_inAnyPieces_areReadAsJacksonReadsTheirEvents(
      @ForAll long seed, @ForAll("dialects") Dialect dialect) {
    Random random = new Random(seed);
    List<String> events = new ArrayList<>();
    ByteArrayOutputStream stream = new ByteArrayOutputStream();
    for (int i = random.nextInt(6); i >= 0; i--) {
      String event = response(random, dialect).scattered(random).strip();
      events.add(event);
      stream.writeBytes(Frames.event(dialect, event));
    }
    byte[] bytes = stream.toByteArray();

    assertThat(read(dialect, Frames.TYPE, bytes, random))
        .isEqualTo(expected(dialect, true, events));
    assertThat(read(dialect, "", bytes, random)).isEqualTo(expected(dialect, true, events));
  }

  @Property(tries = 1000, shrinking = ShrinkingMode.OFF)
  void frames_withOneByteWrong_tellOnlyWhatIsBeforeIt(
      @ForAll long seed, @ForAll("dialects") Dialect dialect) {
    Random random = new Random(seed);
    List<String> before = new ArrayList<>();
    ByteArrayOutputStream stream = new ByteArrayOutputStream();
    int wrong = random.nextInt(4);
    for (int i = 0; i < 4; i++) {
      String event = response(random, dialect).compact();
      byte[] frame = Frames.event(dialect, event);
      if (i < wrong) {
        before.add(event);
      } else if (i == wrong) {
        frame[random.nextInt(frame.length)] ^= (byte) (1 + random.nextInt(255));
      }
      stream.writeBytes(frame);
    }

    assertThat(read(dialect, Frames.TYPE, stream.toByteArray(), random))
        .isEqualTo(expected(dialect, true, before));
  }

  @Property(tries = 1000, shrinking = ShrinkingMode.OFF)
  void array_inAnyPiecesAndBrokenOff_isReadAsJacksonReadsItsWholeElements(@ForAll long seed) {
    Random random = new Random(seed);
    List<String> elements = new ArrayList<>();
    StringBuilder array = new StringBuilder(" [");
    for (int i = random.nextInt(5); i >= 0; i--) {
      String element =
          random.nextInt(5) == 0
              ? "[" + response(random, Dialect.GEMINI).compact() + ",7]"
              : response(random, Dialect.GEMINI).scattered(random).strip();
      elements.add(element);
      array.append(element);
      if (i > 0) {
        array.append(",\r\n");
      }
    }
    array.append(random.nextBoolean() ? "]" : ",{\"usageMetadata\":{\"promptTokenCount\":3}");

    assertThat(
            read(
                Dialect.GEMINI,
                "application/json; charset=UTF-8",
                array.toString().getBytes(UTF_8),
                random))
        .isEqualTo(expected(Dialect.GEMINI, true, elements));
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
    if (random.nextInt(4) == 0) {
      text.append(
          new String(Frames.event(dialect, response(random, dialect).compact()), ISO_8859_1));
    }
    for (int i = random.nextInt(3); i >= 0; i--) {
      if (random.nextBoolean()) {
        write(text, response(random, dialect).scattered(random), random);
      } else {
        text.append(response(random, dialect).compact());
      }
    }
    byte[] body = mutated(text.toString().getBytes(ISO_8859_1), random);
    String type =
        new String[] {"application/json", "text/event-stream", "", Frames.TYPE}[random.nextInt(4)];

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
    String usage = dialect == Dialect.GEMINI ? "usageMetadata" : "usage";
    if (random.nextBoolean()) {
      members.add(new Json.Member(usage, usage(random, dialect)));
    }
    if (random.nextInt(3) == 0) {
      members.add(
          new Json.Member(
              dialect == Dialect.OPENAI_RESPONSES ? "response" : "message",
              new Json.Obj(List.of(new Json.Member(usage, usage(random, dialect))))));
    }
    members.add(member(random, 3));
    return new Json.Obj(members);
  }

  private static Json usage(Random random, Dialect dialect) {
    List<Json.Member> members = new ArrayList<>();
    String[] names =
        switch (dialect) {
          case ANTHROPIC_MESSAGES ->
              new String[] {
                "input_tokens",
                "output_tokens",
                "cache_read_input_tokens",
                "cache_creation_input_tokens"
              };
          case OPENAI_RESPONSES -> new String[] {"input_tokens", "output_tokens"};
          case BEDROCK_CONVERSE ->
              new String[] {
                "inputTokens", "outputTokens", "cacheReadInputTokens", "cacheWriteInputTokens"
              };
          case GEMINI ->
              new String[] {
                "promptTokenCount",
                "candidatesTokenCount",
                "thoughtsTokenCount",
                "cachedContentTokenCount"
              };
          default -> new String[] {"prompt_tokens", "completion_tokens", "prompt_cache_hit_tokens"};
        };
    for (String name : names) {
      if (random.nextInt(4) > 0) {
        members.add(new Json.Member(name, count(random)));
      }
    }
    if (random.nextBoolean()) {
      members.add(member(random, 2));
    }
    if (random.nextInt(3) > 0) {
      switch (dialect) {
        case ANTHROPIC_MESSAGES ->
            members.add(
                details(
                    random,
                    "cache_creation",
                    "ephemeral_5m_input_tokens",
                    "ephemeral_1h_input_tokens"));
        case OPENAI_RESPONSES ->
            members.add(
                details(random, "input_tokens_details", "cached_tokens", "cache_write_tokens"));
        case BEDROCK_CONVERSE -> members.add(cacheDetails(random));
        case GEMINI -> {}
        default ->
            members.add(
                details(random, "prompt_tokens_details", "cached_tokens", "cache_write_tokens"));
      }
    }
    return new Json.Obj(members);
  }

  private static Json.Member details(Random random, String name, String... counts) {
    List<Json.Member> inner = new ArrayList<>();
    for (String count : counts) {
      if (random.nextInt(4) > 0) {
        inner.add(new Json.Member(count, count(random)));
      }
    }
    return new Json.Member(name, new Json.Obj(inner));
  }

  private static Json.Member cacheDetails(Random random) {
    List<Json> elements = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      List<Json.Member> element = new ArrayList<>();
      String ttl = new String[] {"5m", "1h", "24h", "5\u00e9"}[random.nextInt(4)];
      element.add(new Json.Member("inputTokens", count(random)));
      if (random.nextInt(5) > 0) {
        Json value = random.nextInt(6) == 0 ? count(random) : new Json.Str(ttl);
        element.add(random.nextInt(2), new Json.Member("ttl", value));
      }
      element.add(random.nextInt(element.size()), member(random, 1));
      elements.add(new Json.Obj(element));
      if (random.nextInt(6) == 0) {
        elements.add(new Json.Arr(List.of(new Json.Obj(element))));
      }
    }
    return new Json.Member("cacheDetails", new Json.Arr(elements));
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
      switch (dialect) {
        case ANTHROPIC_MESSAGES -> {
          if (stream) {
            takeAnthropic(counts, tree.at("/message/usage"));
          }
          takeAnthropic(counts, tree.at("/usage"));
        }
        case OPENAI_RESPONSES -> {
          JsonNode usage = tree.at(stream ? "/response/usage" : "/usage");
          take(counts, 0, usage.path("input_tokens"));
          take(counts, 1, usage.path("output_tokens"));
          take(counts, 2, usage.at("/input_tokens_details/cached_tokens"));
          take(counts, 3, usage.at("/input_tokens_details/cache_write_tokens"));
        }
        case BEDROCK_CONVERSE -> {
          take(counts, 0, tree.at("/usage/inputTokens"));
          take(counts, 1, tree.at("/usage/outputTokens"));
          take(counts, 2, tree.at("/usage/cacheReadInputTokens"));
          take(counts, 3, tree.at("/usage/cacheWriteInputTokens"));
          takeSum(counts, 4, tree.at("/usage/cacheDetails"), "5m");
          takeSum(counts, 5, tree.at("/usage/cacheDetails"), "1h");
        }
        case GEMINI -> {
          long[] told = new long[7];
          Arrays.fill(told, -1);
          take(told, 0, tree.at("/usageMetadata/promptTokenCount"));
          take(told, 1, tree.at("/usageMetadata/candidatesTokenCount"));
          take(told, 2, tree.at("/usageMetadata/thoughtsTokenCount"));
          take(told, 3, tree.at("/usageMetadata/cachedContentTokenCount"));
          if (Arrays.stream(told).anyMatch(count -> count >= 0)) {
            counts = told;
          }
        }
        default -> {
          take(counts, 0, tree.at("/usage/prompt_tokens"));
          take(counts, 1, tree.at("/usage/completion_tokens"));
          take(counts, 2, tree.at("/usage/prompt_tokens_details/cached_tokens"));
          take(counts, 3, tree.at("/usage/prompt_tokens_details/cache_write_tokens"));
          take(counts, 4, tree.at("/usage/prompt_cache_hit_tokens"));
          take(counts, 5, tree.at("/usage/cached_tokens"));
          take(counts, 6, tree.at("/timings/cache_n"));
        }
      }
    }
    return switch (dialect) {
      case ANTHROPIC_MESSAGES, BEDROCK_CONVERSE ->
          new Usage(counts[2], counts[3], counts[4], counts[5], counts[0], -1, counts[1]);
      case OPENAI_RESPONSES -> included(counts[0], counts[1], counts[2], counts[3]);
      case GEMINI ->
          included(
              counts[0],
              counts[0] < 0 && counts[1] < 0 && counts[2] < 0
                  ? -1
                  : Math.max(0, counts[1]) + Math.max(0, counts[2]),
              counts[0] < 0 ? counts[3] : Math.max(0, counts[3]),
              -1);
      default -> {
        long read = counts[2] >= 0 ? counts[2] : counts[4] >= 0 ? counts[4] : counts[5];
        yield included(counts[0], counts[1], read >= 0 ? read : counts[6], counts[3]);
      }
    };
  }

  private static Usage included(long input, long output, long read, long reported) {
    long written = read >= 0 ? Math.max(0, reported) : reported;
    return new Usage(read, written, written, written < 0 ? -1 : 0, -1, input, output);
  }

  private static void takeSum(long[] counts, int slot, JsonNode details, String ttl) {
    long sum = -1;
    if (details.isArray()) {
      for (JsonNode element : details) {
        long[] count = {-1};
        take(count, 0, element.path("inputTokens"));
        if (element.isObject() && element.path("ttl").asText().equals(ttl) && count[0] >= 0) {
          sum = Math.max(sum, 0) + count[0];
        }
      }
    }
    counts[slot] = sum >= 0 ? sum : counts[slot];
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
