package dev.warmpath.extproc.annotate;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.warmpath.extproc.prompt.CacheHint;
import dev.warmpath.extproc.prompt.Prompt;
import dev.warmpath.extproc.provider.Mechanism;
import dev.warmpath.extproc.provider.ModelEntry;
import java.util.HexFormat;
import java.util.function.LongToIntFunction;

/**
 * What tells a provider of many caches to which of them a request belongs, so that it is served
 * where its prefix is: a header, {@code prompt_cache_key} or {@code session_id}, as its row of the
 * catalogue says. It costs nothing, and what the client itself says of it stands; a header of its
 * own does, too, since ours is only added where there is none.
 *
 * <p>Sessions are named by their conversation. A {@code prompt_cache_key} names what many
 * conversations share, their tools and system prompt, in as many shards as their rate takes: past a
 * number of requests a minute the provider would scatter them itself. A conversation stays in its
 * shard, unless their number changes.
 *
 * @param header that is set where the client sent none; empty: none
 * @param field member that is added to the body, as refusals name it; empty: none
 * @param value of the header or member: letters, digits and {@code -}, at most {@value #MAX_CHARS};
 *     empty: nothing is told
 */
public record CacheRouting(String header, String field, String value) {

  static final int MAX_CHARS = 32;

  private static final String PREFIX = "wp-";
  private static final int DEFAULT_KEY_CHARS = 64;

  /** Nothing is told. */
  public static final CacheRouting NONE = new CacheRouting("", "", "");

  /**
   * Keys of a request, of which neither says anything of the prompt.
   *
   * @param root of tools and system prompt; 0: none
   * @param conversation up to the first user's turn; 0: none
   */
  public record Keys(long root, long conversation) {}

  /**
   * Decides what to tell.
   *
   * @param shards of a root's key; at least 1
   */
  public static CacheRouting of(
      Prompt prompt, ModelEntry model, Keys keys, LongToIntFunction shards) {
    boolean hasSaid =
        (model.has(Mechanism.PROMPT_CACHE_KEY) && prompt.gives(CacheHint.KEY))
            || (model.has(Mechanism.SESSION_ID) && prompt.gives(CacheHint.SESSION));
    if (hasSaid) {
      return NONE;
    }
    long session = keys.conversation() != 0 ? keys.conversation() : keys.root();
    if (session == 0) {
      return NONE;
    }
    if (model.has(Mechanism.SESSION_HEADER) && !model.cache().sessionHeader().isEmpty()) {
      return new CacheRouting(model.cache().sessionHeader(), "", value(session));
    }
    if (model.has(Mechanism.PROMPT_CACHE_KEY)) {
      int most = model.cache().maxKeyChars().orElse(DEFAULT_KEY_CHARS);
      return most < MAX_CHARS
          ? NONE
          : new CacheRouting(
              "",
              Mechanism.PROMPT_CACHE_KEY.label(),
              keys.root() == 0 ? value(session) : sharded(keys, shards));
    }
    return model.has(Mechanism.SESSION_ID)
        ? new CacheRouting("", Mechanism.SESSION_ID.label(), value(session))
        : NONE;
  }

  private static String sharded(Keys keys, LongToIntFunction shards) {
    int count = shards.applyAsInt(keys.root());
    long shard = Long.remainderUnsigned(keys.conversation(), count);
    return value(keys.root()) + (shard == 0 ? "" : "-" + shard);
  }

  private static String value(long key) {
    return PREFIX + HexFormat.of().toHexDigits(key);
  }

  /** Whether there is nothing to tell. */
  public boolean isNone() {
    return value.isEmpty();
  }

  /** The edit of the body; empty: none. */
  public Splices splices(Prompt prompt) {
    if (field.isEmpty()) {
      return Splices.NONE;
    }
    // A scanned body has a prompt, so that another member follows.
    String member = "\"%s\":\"%s\",".formatted(field, value);
    return new Splices.Builder()
        .insert(prompt.firstByteAfterBrace(), member.getBytes(US_ASCII))
        .build();
  }
}
