package dev.warmpath.extproc.annotate;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.warmpath.extproc.prompt.Prompt;
import org.jspecify.annotations.Nullable;

/**
 * Asks for the usage of a stream: OpenAI's {@code stream_options.include_usage}, in the client's
 * own object if it has one. Stateless.
 */
public final class UsageOption {

  /** The object. */
  public static final String OPTIONS = "stream_options";

  /** Its member, by its path. */
  public static final String MEMBER = "stream_options.include_usage";

  private static final byte[] IN_OBJECT = "\"include_usage\":true".getBytes(US_ASCII);
  private static final byte[] IN_OBJECT_BEFORE = "\"include_usage\":true,".getBytes(US_ASCII);
  private static final byte[] OBJECT = "{\"include_usage\":true}".getBytes(US_ASCII);
  private static final byte[] WHOLE =
      "\"stream_options\":{\"include_usage\":true},".getBytes(US_ASCII);

  private UsageOption() {}

  /**
   * The edit that asks.
   *
   * @param prompt scanned, of a body that doesn't {@linkplain Prompt#givesIncludeUsage say} whether
   *     usage is wanted
   * @return null where its {@code stream_options} are neither an object nor null
   */
  public static @Nullable Splices plan(Prompt prompt) {
    Splices.Builder splices = new Splices.Builder();
    int start = prompt.streamOptionsStart();
    if (start < 0) {
      // A scanned body has a prompt, so that another member follows.
      return splices.insert(prompt.firstByteAfterBrace(), WHOLE).build();
    }
    return switch (prompt.body()[start]) {
      case '{' -> {
        boolean isEmpty = RawObject.isEmpty(prompt.body(), start);
        yield splices.insert(start + 1, isEmpty ? IN_OBJECT : IN_OBJECT_BEFORE).build();
      }
      case 'n' -> splices.replace(start, "null".length(), OBJECT).build();
      default -> null;
    };
  }

  /** Whether the object itself is added, and not only its member. */
  public static boolean addsObject(Prompt prompt) {
    int start = prompt.streamOptionsStart();
    return start < 0 || prompt.body()[start] != '{';
  }
}
