package dev.warmpath.extproc.usage;

import dev.warmpath.extproc.prompt.Dialect;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Reads the usage that a response reports from its raw bytes, cut into pieces anywhere: JSON bodies
 * and server-sent events of OpenAI's chat completions and Anthropic's messages.
 *
 * <p>An event, or a body, counts only when it is whole and is JSON; one that breaks off changes
 * nothing. In a stream later counts replace earlier ones (they are cumulative), and what an event
 * does not report, null included, replaces nothing: Anthropic gives the split of writes by time to
 * live only in {@code message_start}. A stream that breaks off leaves what its events have told so
 * far.
 *
 * <p>How counts become {@link Usage}:
 *
 * <ul>
 *   <li>Anthropic: {@code input_tokens} are the uncached ones, what was read and written comes on
 *       top. A cache count that is absent stays unknown, and with it the total.
 *   <li>OpenAI: {@code prompt_tokens} is the total, {@code prompt_tokens_details} tells what of it
 *       was read and written. Without details (vLLM writes null) the total is known and its split
 *       is not. With them, an absent {@code cache_write_tokens} means none: most of these APIs have
 *       no writes that are billed apart, and report reads alone.
 *   <li>The same, where there are no such details: {@code prompt_cache_hit_tokens} (DeepSeek),
 *       {@code cached_tokens} beside the total (Kimi), {@code timings.cache_n} (llama.cpp).
 * </ul>
 *
 * <p>Of a response whose status is not 2xx the first {@value #MAX_ERROR_BYTES} bytes are kept to
 * see whether they name a field that we add, and for nothing else. A compressed response is not
 * read. Memory is bounded by these and by a few hundred bytes of parser state. Never throws on what
 * a response holds. Not thread-safe: one owner, for one response.
 */
public final class UsageReader {

  /** Errors of these APIs name the field within the first few hundred bytes. */
  static final int MAX_ERROR_BYTES = 2048;

  private static final String[] ANTHROPIC = {
    "input_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "cache_creation.ephemeral_5m_input_tokens",
    "cache_creation.ephemeral_1h_input_tokens",
    "output_tokens",
  };
  private static final int ANTHROPIC_INPUT = 0;
  private static final int ANTHROPIC_READ = 1;
  private static final int ANTHROPIC_WRITTEN = 2;
  private static final int ANTHROPIC_WRITTEN_5M = 3;
  private static final int ANTHROPIC_WRITTEN_1H = 4;
  private static final int ANTHROPIC_OUTPUT = 5;

  private static final CountPaths ANTHROPIC_BODY = new CountPaths(below("usage.", ANTHROPIC));

  /** First those of {@code message_start}, then those of {@code message_delta}. */
  private static final CountPaths ANTHROPIC_EVENT =
      new CountPaths(both(below("message.usage.", ANTHROPIC), below("usage.", ANTHROPIC)));

  private static final CountPaths OPENAI =
      new CountPaths(
          "usage.prompt_tokens",
          "usage.completion_tokens",
          "usage.prompt_tokens_details.cached_tokens",
          "usage.prompt_tokens_details.cache_write_tokens",
          "usage.prompt_cache_hit_tokens",
          "usage.cached_tokens",
          "timings.cache_n");
  private static final int OPENAI_INPUT = 0;
  private static final int OPENAI_OUTPUT = 1;
  private static final int OPENAI_READ = 2;
  private static final int OPENAI_WRITTEN = 3;
  private static final int DEEPSEEK_READ = 4;
  private static final int LLAMA_CPP_READ = 6;

  /** How the bytes are read. */
  private enum Mode {
    /** By the first byte that is no white space. */
    UNDECIDED,
    JSON,
    EVENTS,
    ERROR,
    NOT_READ
  }

  /** What Warmpath adds to request bodies and an upstream may refuse by name. */
  private static final List<String> OUR_FIELDS = List.of("cache_control", "cache_salt");

  private static final byte[] NO_BYTES = {};

  private final Dialect dialect;
  private final Reading notRead;
  private final long[] counts;
  private Mode mode;
  private JsonCounts json;
  private final EventLines events;
  private boolean jsonSeen;
  private boolean finished;
  private byte[] error = NO_BYTES;
  private int errorLength;

  /**
   * Begins to read a response.
   *
   * @param dialect of the request, which is that of its response
   * @param status of the response; 0 if unknown
   * @param contentType value of the header, empty if absent: then the first byte decides
   * @param contentEncoding value of the header, empty if absent
   */
  public static UsageReader of(
      Dialect dialect, int status, String contentType, String contentEncoding) {
    return new UsageReader(dialect, status, contentType, contentEncoding);
  }

  private UsageReader(Dialect dialect, int status, String contentType, String contentEncoding) {
    this.dialect = dialect;
    String encoding = contentEncoding.strip().toLowerCase(Locale.ROOT);
    String type = contentType.strip().toLowerCase(Locale.ROOT);
    boolean success = status == 0 || (status >= 200 && status < 300);
    if (!encoding.isEmpty() && !encoding.equals("identity")) {
      mode = Mode.NOT_READ;
      notRead = Reading.CONTENT_ENCODING;
    } else if (!success) {
      mode = Mode.ERROR;
      notRead = Reading.STATUS;
    } else if (type.startsWith("text/event-stream")) {
      mode = Mode.EVENTS;
      notRead = Reading.ABSENT;
    } else if (type.contains("json")) {
      mode = Mode.JSON;
      notRead = Reading.ABSENT;
    } else if (type.isEmpty()) {
      mode = Mode.UNDECIDED;
      notRead = Reading.ABSENT;
    } else {
      mode = Mode.NOT_READ;
      notRead = Reading.CONTENT_TYPE;
    }
    json = new JsonCounts(paths(mode));
    events = new EventLines(new Events());
    counts = new long[dialect == Dialect.ANTHROPIC_MESSAGES ? ANTHROPIC.length : OPENAI.slots()];
    Arrays.fill(counts, Usage.UNKNOWN_TOKENS);
  }

  /** The next bytes of the body. Nothing after {@link #finish}. */
  public void feed(byte[] bytes, int offset, int length) {
    if (finished) {
      return;
    }
    int start = offset;
    int end = offset + length;
    if (mode == Mode.UNDECIDED) {
      while (start < end && isSpace(bytes[start])) {
        start++;
      }
      if (start == end) {
        return;
      }
      mode = bytes[start] == '{' ? Mode.JSON : Mode.EVENTS;
      json = new JsonCounts(paths(mode));
    }
    switch (mode) {
      case JSON -> json.feed(bytes, start, end);
      case EVENTS -> events.feed(bytes, start, end);
      case ERROR -> keepError(bytes, start, end);
      case UNDECIDED, NOT_READ -> {}
    }
  }

  /**
   * The response is over, whether it was complete or not.
   *
   * @return what it reported; the same at each further call
   */
  public Usage finish() {
    if (!finished) {
      finished = true;
      switch (mode) {
        case JSON -> take();
        case EVENTS -> events.finish();
        case UNDECIDED, ERROR, NOT_READ -> {}
      }
    }
    return switch (dialect) {
      case ANTHROPIC_MESSAGES -> additive();
      case OPENAI_CHAT,
          OPENAI_COMPLETIONS,
          OPENAI_RESPONSES,
          OPENAI_EMBEDDINGS,
          BEDROCK_CONVERSE,
          GEMINI ->
          included();
    };
  }

  /** How the reading went; means something after {@link #finish}. */
  public Reading reading() {
    for (long count : counts) {
      if (count >= 0) {
        return Reading.FOUND;
      }
    }
    return switch (mode) {
      case JSON -> jsonSeen ? Reading.ABSENT : Reading.BROKEN;
      case UNDECIDED, EVENTS -> Reading.ABSENT;
      case ERROR, NOT_READ -> notRead;
    };
  }

  /**
   * The field that Warmpath adds to request bodies and that this error names: {@code
   * cache_control}, {@code cache_salt}, or empty. Whether the client sent it too, the caller knows.
   */
  public String rejectedField() {
    String text = new String(error, 0, errorLength, StandardCharsets.ISO_8859_1);
    for (String field : OUR_FIELDS) {
      if (text.contains(field)) {
        return field;
      }
    }
    return "";
  }

  private CountPaths paths(Mode mode) {
    return switch (dialect) {
      case OPENAI_CHAT,
          OPENAI_COMPLETIONS,
          OPENAI_RESPONSES,
          OPENAI_EMBEDDINGS,
          BEDROCK_CONVERSE,
          GEMINI ->
          OPENAI;
      case ANTHROPIC_MESSAGES -> mode == Mode.EVENTS ? ANTHROPIC_EVENT : ANTHROPIC_BODY;
    };
  }

  private void keepError(byte[] bytes, int start, int end) {
    int length = Math.min(end - start, MAX_ERROR_BYTES - errorLength);
    if (length <= 0) {
      return;
    }
    if (error.length == 0) {
      error = new byte[MAX_ERROR_BYTES];
    }
    System.arraycopy(bytes, start, error, errorLength, length);
    errorLength += length;
  }

  /** Takes over what a whole document reported. */
  private void take() {
    if (!json.isWhole()) {
      return;
    }
    jsonSeen = true;
    int slots = paths(mode).slots();
    for (int slot = 0; slot < slots; slot++) {
      long count = json.count(slot);
      if (count >= 0) {
        counts[slot % counts.length] = count;
      }
    }
  }

  private Usage additive() {
    return new Usage(
        counts[ANTHROPIC_READ],
        counts[ANTHROPIC_WRITTEN],
        counts[ANTHROPIC_WRITTEN_5M],
        counts[ANTHROPIC_WRITTEN_1H],
        counts[ANTHROPIC_INPUT],
        Usage.UNKNOWN_TOKENS,
        counts[ANTHROPIC_OUTPUT]);
  }

  private Usage included() {
    long read = counts[OPENAI_READ];
    for (int slot = DEEPSEEK_READ; read < 0 && slot <= LLAMA_CPP_READ; slot++) {
      read = counts[slot];
    }
    long written = read >= 0 ? Math.max(counts[OPENAI_WRITTEN], 0) : counts[OPENAI_WRITTEN];
    return new Usage(
        read,
        written,
        written,
        written < 0 ? Usage.UNKNOWN_TOKENS : 0,
        Usage.UNKNOWN_TOKENS,
        counts[OPENAI_INPUT],
        counts[OPENAI_OUTPUT]);
  }

  private static boolean isSpace(byte b) {
    return b == ' ' || b == '\n' || b == '\r' || b == '\t';
  }

  private static String[] below(String prefix, String[] paths) {
    return Arrays.stream(paths).map(path -> prefix + path).toArray(String[]::new);
  }

  private static String[] both(String[] first, String[] second) {
    String[] all = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, all, first.length, second.length);
    return all;
  }

  private final class Events implements EventLines.Sink {
    @Override
    public void data(byte[] bytes, int start, int end) {
      json.feed(bytes, start, end);
    }

    @Override
    public void endOfEvent() {
      take();
      json.reset();
    }
  }
}
