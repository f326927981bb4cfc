package dev.warmpath.extproc.usage;

import static java.util.Objects.requireNonNull;

import dev.warmpath.extproc.prompt.Dialect;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Reads the usage that a response reports from its raw bytes, cut into pieces anywhere: JSON
 * bodies, server-sent events, Amazon's event streams, and the arrays that Gemini streams where it
 * isn't asked for events.
 *
 * <p>An event, or a body, counts only when it is whole and is JSON; one that breaks off changes
 * nothing. In a stream later counts replace earlier ones (they are cumulative), and what an event
 * does not report, null included, replaces nothing: Anthropic gives the split of writes by time to
 * live only in {@code message_start}. A stream that breaks off leaves what its events have told so
 * far.
 *
 * <p>How counts become {@link Usage} ({@link UsageForm} has their names):
 *
 * <ul>
 *   <li>Anthropic, Bedrock Converse: the input is the uncached one, what was read and written comes
 *       on top. A cache count that is absent stays unknown, and with it the total.
 *   <li>OpenAI: {@code prompt_tokens}, in Responses {@code input_tokens}, is the total, its details
 *       tell what of it was read and written. Without details (vLLM writes null) the total is known
 *       and its split is not. With them, an absent {@code cache_write_tokens} means none: most of
 *       these APIs have no writes that are billed apart, and report reads alone.
 *   <li>The same, where there are no such details: {@code prompt_cache_hit_tokens} (DeepSeek),
 *       {@code cached_tokens} beside the total (Kimi), {@code timings.cache_n} (llama.cpp).
 *   <li>Gemini: {@code promptTokenCount} is the total, an absent {@code cachedContentTokenCount}
 *       none; what was thought is output beside the candidates.
 * </ul>
 *
 * <p>Bedrock's InvokeModelWithResponseStream wraps each of the model's own events: base64 in a
 * member {@code bytes}.
 *
 * <p>Of a response whose status is not 2xx it is read which member of the request it is about, if
 * it is one that we add, and nothing else. A compressed response is not read. Memory is bounded by
 * what {@link ErrorReader} says and by a few hundred bytes of parser state. Never throws on what a
 * response holds. Not thread-safe: one owner, for one response.
 */
public final class UsageReader {

  /** Longest id of a response that is kept; OpenAI's have 53 characters, vLLM's 37. */
  static final int MAX_ID_BYTES = 256;

  private static final String FRAMES_TYPE = "application/vnd.amazon.eventstream";

  /** Where a message that wraps another event has it. */
  private static final CountPaths WRAPPED = new CountPaths(List.of(), List.of("bytes"));

  /** How the bytes are read. */
  private enum Mode {
    /** By the first byte that is no white space. */
    UNDECIDED,
    JSON,
    EVENTS,
    /** Amazon's messages. */
    FRAMES,
    /** Amazon's messages, each with an event inside. */
    WRAPPED_FRAMES,
    ERROR,
    NOT_READ
  }

  private static final byte[] NO_BYTES = {};

  private final UsageForm form;
  private final Reading notRead;
  private final long[] counts;
  private final Documents documents = new Documents();
  private Mode mode;
  private JsonCounts json;
  private @Nullable EventLines events;
  private @Nullable EventFrames frames;
  private boolean jsonSeen;
  private byte[] id = NO_BYTES;
  private int idLength;
  private boolean idKnown;
  private boolean finished;
  private @Nullable ErrorReader error;

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
    form = UsageForm.of(dialect);
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
    } else if (type.startsWith(FRAMES_TYPE)) {
      mode = framed();
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
    counts = new long[form.counts()];
    Arrays.fill(counts, Usage.UNKNOWN_TOKENS);
    json = begin();
  }

  /** Converse's messages are events themselves, InvokeModel's have one of the model inside. */
  private Mode framed() {
    return form == UsageForm.CONVERSE ? Mode.FRAMES : Mode.WRAPPED_FRAMES;
  }

  /** Makes what the mode needs. */
  private JsonCounts begin() {
    switch (mode) {
      case EVENTS -> events = new EventLines(new Events());
      case FRAMES -> frames = new EventFrames(new Frames());
      case WRAPPED_FRAMES -> frames = new EventFrames(new WrappedFrames());
      case ERROR -> error = new ErrorReader();
      case UNDECIDED, JSON, NOT_READ -> {}
    }
    return new JsonCounts(mode == Mode.JSON ? form.body() : form.event(), documents);
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
      mode =
          switch (bytes[start]) {
            case '{', '[' -> Mode.JSON;
            case 0 -> framed();
            default -> Mode.EVENTS;
          };
      json = begin();
    }
    switch (mode) {
      case JSON -> json.feed(bytes, start, end);
      case EVENTS -> requireNonNull(events).feed(bytes, start, end);
      case FRAMES, WRAPPED_FRAMES -> requireNonNull(frames).feed(bytes, start, end);
      case ERROR -> requireNonNull(error).feed(bytes, start, end);
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
        case EVENTS -> requireNonNull(events).finish();
        case UNDECIDED, FRAMES, WRAPPED_FRAMES, ERROR, NOT_READ -> {}
      }
    }
    return form.usage(counts);
  }

  /**
   * The id that a later request may name this response by, as OpenAI's Responses allow: known as
   * soon as an event with it was whole, or at {@link #finish}. Empty if there is none.
   */
  public String responseId() {
    return idKnown ? new String(id, 0, idLength, StandardCharsets.US_ASCII) : "";
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
      case FRAMES, WRAPPED_FRAMES ->
          requireNonNull(frames).isBroken() ? Reading.BROKEN : Reading.ABSENT;
      case UNDECIDED, EVENTS -> Reading.ABSENT;
      case ERROR, NOT_READ -> notRead;
    };
  }

  /**
   * The member that Warmpath adds to request bodies and that this error is about, such as {@code
   * cache_control}, or {@code cache_control.ttl} where the rest of it is taken; {@code ttl} where
   * the error doesn't tell whose; empty: none. Whether the client sent it too, the caller knows.
   */
  public String rejectedField() {
    return error == null ? "" : error.refused();
  }

  /** Takes over what a whole document reported. */
  private void take() {
    if (!json.isWhole()) {
      return;
    }
    jsonSeen = true;
    takeCounts();
    idKnown |= idLength > 0;
  }

  private void takeCounts() {
    boolean replaced = !form.replacesAll();
    int slots = (mode == Mode.JSON ? form.body() : form.event()).slots();
    for (int slot = 0; slot < slots; slot++) {
      long count = json.count(slot);
      if (count >= 0) {
        if (!replaced) {
          Arrays.fill(counts, Usage.UNKNOWN_TOKENS);
          replaced = true;
        }
        counts[slot % counts.length] = count;
      }
    }
  }

  private static boolean isSpace(byte b) {
    return b == ' ' || b == '\n' || b == '\r' || b == '\t';
  }

  /** What a document holds besides its counts. */
  private final class Documents implements JsonCounts.Listener {
    @Override
    public void textBegins(int text) {
      if (!idKnown) {
        idLength = 0;
      }
    }

    @Override
    public void text(int text, byte[] bytes, int start, int end) {
      if (idKnown || idLength < 0) {
        return;
      }
      int length = end - start;
      if (idLength + length > MAX_ID_BYTES) {
        idLength = -1;
        return;
      }
      if (id.length == 0) {
        id = new byte[MAX_ID_BYTES];
      }
      for (int i = 0; i < length; i++) {
        byte b = bytes[start + i];
        if (b <= ' ') {
          // Not ASCII that is seen: no id of any API, and none that we would name one by.
          idLength = -1;
          return;
        }
        id[idLength++] = b;
      }
    }

    @Override
    public void endOfElement() {
      takeCounts();
    }
  }

  private final class Events implements EventLines.Sink {
    @Override
    public void data(byte[] bytes, int start, int end) {
      json.feed(bytes, start, end);
    }

    @Override
    public void endOfEvent() {
      endOfDocument();
    }
  }

  private void endOfDocument() {
    take();
    json.reset();
    if (!idKnown) {
      idLength = 0;
    }
  }

  private final class Frames implements EventFrames.Sink {
    @Override
    public void payload(byte[] bytes, int start, int end) {
      json.feed(bytes, start, end);
    }

    @Override
    public void endOfMessage() {
      endOfDocument();
    }
  }

  private final class WrappedFrames
      implements EventFrames.Sink, JsonCounts.Listener, Base64Pieces.Sink {
    private final JsonCounts wrapper = new JsonCounts(WRAPPED, this);
    private final Base64Pieces base64 = new Base64Pieces(this);

    @Override
    public void payload(byte[] bytes, int start, int end) {
      wrapper.feed(bytes, start, end);
    }

    @Override
    public void textBegins(int text) {
      base64.reset();
      json.reset();
    }

    @Override
    public void text(int text, byte[] bytes, int start, int end) {
      base64.feed(bytes, start, end);
    }

    @Override
    public void decoded(byte[] bytes, int length) {
      json.feed(bytes, 0, length);
    }

    @Override
    public void endOfElement() {
      // An array of such messages is none: what stood in it doesn't count.
      json.reset();
    }

    @Override
    public void endOfMessage() {
      if (wrapper.isWhole() && base64.isWhole()) {
        take();
      }
      wrapper.reset();
      base64.reset();
      json.reset();
    }
  }
}
