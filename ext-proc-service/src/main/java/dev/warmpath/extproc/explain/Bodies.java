package dev.warmpath.extproc.explain;

import dev.warmpath.extproc.prompt.ApiCall;
import dev.warmpath.extproc.prompt.BodyShape;
import dev.warmpath.extproc.prompt.Dialect;
import dev.warmpath.extproc.prompt.Prompt;
import dev.warmpath.extproc.prompt.PromptScanner;
import dev.warmpath.extproc.prompt.Verdict;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Scans request bodies, whose API is given or told by their shape. Not thread-safe. */
final class Bodies {

  static final int MAX_BODY_BYTES = 64 << 20;
  private static final int MAX_DEPTH = 256;
  private static final int MAX_SEGMENTS = 1_000_000;

  private final PromptScanner.Limits limits =
      new PromptScanner.Limits(MAX_BODY_BYTES, MAX_DEPTH, MAX_SEGMENTS);
  private final PromptScanner scanner = new PromptScanner(limits);
  private final Prompt canonical = new Prompt();
  private final BodyShape shape = new BodyShape(limits);
  private final @Nullable Dialect dialect;
  private final String model;

  /**
   * @param dialect null: told by the path, or else by each body
   * @param model empty: told by the path, or else by each body
   */
  Bodies(@Nullable Dialect dialect, String path, String model) {
    ApiCall call = path.isEmpty() ? null : ApiCall.of(path);
    this.dialect = dialect != null ? dialect : call == null ? null : call.dialect();
    this.model = !model.isEmpty() ? model : call == null ? "" : call.model();
  }

  /**
   * Scans a body, and decodes its text.
   *
   * @return why it can't be explained; null: it can
   */
  @Nullable String scan(byte[] body, Prompt into) {
    Dialect spoken = dialect != null ? dialect : shape.dialect(body, body.length, canonical);
    // For a body that isn't sound JSON the scan says why, whatever the dialect.
    Verdict verdict =
        scanner.scan(body, body.length, spoken == null ? Dialect.OPENAI_CHAT : spoken, canonical);
    if (spoken == null
        && (verdict == Verdict.OK
            || verdict == Verdict.NO_PROMPT
            || verdict == Verdict.UNEXPECTED_SHAPE)) {
      return "its API can't be told from its members (expected: --api or --path)";
    }
    if (verdict == Verdict.OK) {
      canonical.decodeInto(into);
      return null;
    }
    return "%s (expected: %s)".formatted(verdict.label(), expectation(verdict, spoken));
  }

  /** The member that holds the request in a line of a batch; null: it is no such line. */
  @Nullable String memberOfBatch(byte[] line) {
    return shape.dialect(line, line.length, canonical) == null ? shape.memberOfBatch() : null;
  }

  private static String expectation(Verdict verdict, @Nullable Dialect spoken) {
    return switch (verdict) {
      case OK, EMPTY, NOT_JSON, UNFINISHED, TRAILING_BYTES -> "one JSON object";
      case BYTE_ORDER_MARK, INVALID_UTF8, LONE_SURROGATE -> "UTF-8 without a byte order mark";
      case DUPLICATE_KEY -> "each name once in an object";
      case TOO_LARGE -> "at most " + MAX_BODY_BYTES + " bytes";
      case TOO_DEEP -> "at most " + MAX_DEPTH + " brackets open at once";
      case TOO_MANY_SEGMENTS -> "at most " + MAX_SEGMENTS + " segments and parts";
      case UNEXPECTED_SHAPE, NO_PROMPT ->
          "a request of "
              + (spoken == null ? "a known API" : spoken.label().toLowerCase(Locale.ROOT));
    };
  }

  /** The model that a scanned body is for. */
  String model(Prompt prompt) {
    return model.isEmpty() ? prompt.model() : model;
  }
}
