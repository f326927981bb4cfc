package dev.warmpath.extproc.prefix;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.warmpath.extproc.prompt.Dialect;
import dev.warmpath.extproc.prompt.Parameter;
import dev.warmpath.extproc.prompt.Prompt;
import dev.warmpath.extproc.prompt.Role;
import dev.warmpath.extproc.prompt.SegmentKind;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.crypto.Mac;
import org.jspecify.annotations.Nullable;

/**
 * Cuts prompts into prefix blocks and derives their keys.
 *
 * <p>The chain is a state of 128 bits. It starts from the scope's seed, HMAC-SHA-256 over scope,
 * model and the client's salt; at the start of the tools, of each system segment and of each
 * message it takes up what begins there and who speaks; at the end of each block it takes up the
 * 128-bit XXH3 of the block's text; where caches see them, that of the parameters. What is taken up
 * carries its own tag, so that no text can stand for a role. A block's hash is the lower half of
 * the state. XXH3 is no cryptographic hash: its seeds come from the index secret, so that whoever
 * doesn't know it can't work out colliding prompts ahead. What leaves the service is an HMAC of the
 * state instead.
 *
 * <p>Allocates 32 bytes per text of up to 240 bytes ({@link TextHash}), and what the two exported
 * keys take. Not thread-safe: one owner, with seeds and MACs of its own.
 */
public final class PrefixHasher {

  /** Scopes whose seed is kept; a guess: tenants and models that one event loop sees in a while. */
  private static final int MAX_SEEDS = 1024;

  /**
   * Exported keys of a kind that are kept, a power of two; a guess: system prompts, or
   * conversations under way, that one event loop sees in a while. An HMAC costs as much as 5 KiB of
   * text.
   */
  private static final int EXPORTED = 2048;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN)
          .withInvokeExactBehavior();
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN)
          .withInvokeExactBehavior();

  private static final byte[] NO_BYTES = {};

  /** Parameters that chat templates render in front. */
  private static final Parameter[] THINKING = {
    Parameter.THINKING, Parameter.EFFORT, Parameter.REASONING
  };

  /** The end of {@code tool_choice}'s canonical text where no tool may be used. */
  private static final byte[] NO_TOOLS = {':', '"', 'n', 'o', 'n', 'e', (byte) 0xFF, (byte) 0xFF};

  private static final byte[] HASH_SEEDS = "warmpath hash seeds 1".getBytes(UTF_8);
  private static final byte[] SCOPE_SEED = "warmpath scope seed 2".getBytes(UTF_8);
  private static final byte[] ROOT_KEY = "warmpath root key 1".getBytes(UTF_8);
  private static final byte[] CONVERSATION_KEY = "warmpath conversation key 1".getBytes(UTF_8);

  // What the chain takes up. Part of the hash: changing one empties every index.
  private static final long TAG_TEXT = 1;
  private static final long TAG_PARAMETERS = 2;
  private static final long TAG_TOOLS = 3;
  private static final long TAG_SYSTEM = 4;
  private static final long TAG_MESSAGE_OF_SYSTEM = 5;
  private static final long TAG_MESSAGE_OF_USER = 6;
  private static final long TAG_MESSAGE_OF_ASSISTANT = 7;
  private static final long TAG_MESSAGE_OF_TOOL = 8;
  private static final long TAG_MESSAGE_OF_OTHER = 9;
  private static final long TAG_HISTORY = 10;
  private static final long TAG_IMAGES = 11;

  private final int blockBytes;
  private final int maxBlocks;
  private final Mac indexMac;
  private final KeyRing keys;
  private final Mac exportMac;
  private final Mac nextExportMac;
  private final TextHash textHash;
  private final StateHash highHash;
  private final StateHash lowHash;
  private final Map<Scope, Seed> seeds = new LeastRecentlyUsed();
  private final Exported roots = new Exported();
  private final Exported conversations = new Exported();
  private final byte[] mac = new byte[32];
  private final byte[] word = new byte[Long.BYTES];

  /** The chain's state. */
  private long high;

  private long low;

  /** What a scope contributes: the chain's start, and its fields for exported keys. */
  private static final class Seed {
    final long high;
    final long low;
    final byte[] isolationScope;
    final byte[] model;

    Seed(long high, long low, byte[] isolationScope, byte[] model) {
      this.high = high;
      this.low = low;
      this.isolationScope = isolationScope;
      this.model = model;
    }
  }

  /**
   * Exported keys by the states of the chain that they were made of, which tell scope and model,
   * too. Each state has two places; a new key takes the first one, and what stood there the other.
   */
  private static final class Exported {
    private final long[] highs = new long[EXPORTED];
    private final long[] lows = new long[EXPORTED];
    private final long[] keys = new long[EXPORTED];

    /** Where the key of a state is, or -1. */
    int find(long high, long low) {
      int slot = slot(low);
      return is(slot, high, low) ? slot : is(slot + 1, high, low) ? slot + 1 : -1;
    }

    private boolean is(int slot, long high, long low) {
      // What was never filled is all zeros.
      return highs[slot] == high && lows[slot] == low && high != 0;
    }

    void put(long high, long low, long key) {
      int slot = slot(low);
      highs[slot + 1] = highs[slot];
      lows[slot + 1] = lows[slot];
      keys[slot + 1] = keys[slot];
      highs[slot] = high;
      lows[slot] = low;
      keys[slot] = key;
    }

    /** The first of a state's two places. */
    private static int slot(long low) {
      return (int) low & (EXPORTED - 2);
    }
  }

  private static final class LeastRecentlyUsed extends LinkedHashMap<Scope, Seed> {
    LeastRecentlyUsed() {
      super(16, 0.75f, /* accessOrder= */ true);
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<Scope, Seed> eldest) {
      return size() > MAX_SEEDS;
    }
  }

  /**
   * @param blockBytes of canonical text in one block inside long text, 64 or more
   * @param maxBlocks of one prompt; what lies behind the last has no block
   */
  public PrefixHasher(KeyRing keys, int blockBytes, int maxBlocks) {
    if (blockBytes < 64) {
      throw new IllegalArgumentException("blockBytes: " + blockBytes + " (expected: 64 or more)");
    }
    if (maxBlocks < 1) {
      throw new IllegalArgumentException("maxBlocks: " + maxBlocks + " (expected: 1 or more)");
    }
    this.blockBytes = blockBytes;
    this.maxBlocks = maxBlocks;
    indexMac = keys.indexMac();
    this.keys = keys;
    exportMac = keys.exportMac();
    nextExportMac = keys.nextExportMac();
    field(indexMac, HASH_SEEDS, 0, HASH_SEEDS.length);
    finish(indexMac);
    textHash = new TextHash((long) LONG.get(mac, 0));
    highHash = new StateHash((long) LONG.get(mac, 8));
    lowHash = new StateHash((long) LONG.get(mac, 16));
  }

  /**
   * Cuts a prompt into blocks and derives its keys.
   *
   * @param prompt as scanned with {@link dev.warmpath.extproc.prompt.Verdict#OK}
   * @param scope whose cache the prompt meets
   */
  public void chain(Prompt prompt, Scope scope, PrefixChain out) {
    out.reset();
    Seed seed = start(prompt, scope);
    if (prompt.hasHistory()) {
      take(TAG_HISTORY, prompt.text(), prompt.historyTextStart(), prompt.historyTextEnd());
    }
    parameters(prompt, scope, Parameter.Position.START);
    int segments = prompt.segments();
    int segment = tools(prompt, out);
    parameters(prompt, scope, Parameter.Position.AFTER_TOOLS);
    while (segment < segments && prompt.kind(segment) == SegmentKind.SYSTEM) {
      take(TAG_SYSTEM, 0, 0);
      text(prompt, prompt.textStart(segment), prompt.textEnd(segment), out);
      out.addSegment(out.blocks());
      segment++;
    }
    out.rootBlocks = out.blocks();
    // Behind a history that isn't in the body, tools and system prompt are no prefix.
    out.hasRoot = segment > 0 && prompt.textEnd(segment - 1) > 0 && !prompt.hasHistory();
    if (out.hasRoot) {
      out.keyRoot = export(ROOT_KEY, seed, roots);
    }
    parameters(prompt, scope, Parameter.Position.AFTER_SYSTEM);
    if (prompt.hasImages() && imagesVoidMessages(prompt.dialect(), scope)) {
      take(TAG_IMAGES, 0, 0);
    }
    messages(prompt, segment, seed, out);
  }

  private void messages(Prompt prompt, int firstMessage, Seed seed, PrefixChain out) {
    boolean conversation = false;
    // Of prompts side by side the first one tells where they go; each of the rest begins anew.
    int chained = prompt.inputs() > 1 ? firstMessage + 1 : prompt.segments();
    for (int segment = firstMessage; segment < chained; segment++) {
      if (!out.truncated || !conversation) {
        take(messageTag(prompt.role(segment)), 0, 0);
        text(prompt, prompt.textStart(segment), prompt.textEnd(segment), out);
      }
      out.addSegment(out.blocks());
      if (!conversation && prompt.role(segment) == Role.USER) {
        conversation = true;
        conversation(prompt, seed, out);
      }
    }
    if (!conversation) {
      conversation(prompt, seed, out);
    }
    for (int segment = chained; segment < prompt.segments(); segment++) {
      out.addSegment(out.blocks());
    }
  }

  private void conversation(Prompt prompt, Seed seed, PrefixChain out) {
    out.conversationBlocks = out.blocks();
    out.hasConversation = !prompt.hasHistory();
    if (out.hasConversation) {
      out.keyConversation = export(CONVERSATION_KEY, seed, conversations);
    }
  }

  private void parameters(Prompt prompt, Scope scope, Parameter.Position position) {
    switch (scope.lane()) {
      case PROVIDER ->
          take(prompt, prompt.parametersStart(position), prompt.parametersEnd(position));
      case POOL -> poolParameters(prompt, position);
    }
  }

  /**
   * What chat templates render of the parameters stands before all else: how much to think is told
   * in the first lines of some. What guides the decoding alone is in no prompt; of the choice of
   * tools, {@code none} takes the tools away with some engines.
   */
  private void poolParameters(Prompt prompt, Parameter.Position position) {
    switch (position) {
      case START -> {
        take(prompt, prompt.parametersStart(position), prompt.parametersEnd(position));
        for (Parameter parameter : THINKING) {
          take(prompt, prompt.parameterTextStart(parameter), prompt.parameterTextEnd(parameter));
        }
        int start = prompt.parameterTextStart(Parameter.TOOL_CHOICE);
        int end = prompt.parameterTextEnd(Parameter.TOOL_CHOICE);
        if (endsWith(prompt.text(), start, end, NO_TOOLS)) {
          take(prompt, start, end);
        }
      }
      case AFTER_TOOLS -> {}
      case AFTER_SYSTEM ->
          take(
              prompt,
              prompt.parameterTextStart(Parameter.SUFFIX),
              prompt.parameterTextEnd(Parameter.SUFFIX));
    }
  }

  private static boolean endsWith(byte[] text, int start, int end, byte[] ending) {
    return end - start >= ending.length
        && Arrays.equals(text, end - ending.length, end, ending, 0, ending.length);
  }

  private void take(Prompt prompt, int start, int end) {
    if (end > start) {
      take(TAG_PARAMETERS, prompt.text(), start, end);
    }
  }

  /** Anthropic's models lose all messages when an image is added or removed (its own table). */
  private static boolean imagesVoidMessages(Dialect dialect, Scope scope) {
    return switch (scope.lane()) {
      case POOL -> false;
      case PROVIDER ->
          switch (dialect) {
            case ANTHROPIC_MESSAGES, BEDROCK_CONVERSE -> true;
            case OPENAI_CHAT, OPENAI_COMPLETIONS, OPENAI_RESPONSES, OPENAI_EMBEDDINGS, GEMINI ->
                false;
          };
    };
  }

  /** All tools are one run of text, since each is framed. */
  private int tools(Prompt prompt, PrefixChain out) {
    int tools = 0;
    while (tools < prompt.segments() && prompt.kind(tools) == SegmentKind.TOOL) {
      tools++;
    }
    if (tools > 0) {
      take(TAG_TOOLS, 0, 0);
      text(prompt, prompt.textStart(0), prompt.textEnd(tools - 1), out);
    }
    int block = 0;
    for (int tool = 0; tool < tools; tool++) {
      while (block < out.blocks() && out.blockTextEnd(block) <= prompt.textEnd(tool)) {
        block++;
      }
      out.addSegment(block);
    }
    return tools;
  }

  private static long messageTag(Role role) {
    return switch (role) {
      case SYSTEM -> TAG_MESSAGE_OF_SYSTEM;
      case USER -> TAG_MESSAGE_OF_USER;
      case ASSISTANT -> TAG_MESSAGE_OF_ASSISTANT;
      case TOOL -> TAG_MESSAGE_OF_TOOL;
      case OTHER -> TAG_MESSAGE_OF_OTHER;
    };
  }

  private void text(Prompt prompt, int start, int end, PrefixChain out) {
    byte[] text = prompt.text();
    for (int from = start; from < end; from += blockBytes) {
      int length = Math.min(blockBytes, end - from);
      take(TAG_TEXT, text, from, from + length);
      if (out.blocks() < maxBlocks) {
        out.addBlock(low, from + length);
      } else {
        out.truncated = true;
      }
    }
  }

  private void take(long tag, byte[] text, int start, int end) {
    textHash.hash(text, start, end - start);
    take(tag, textHash.high, textHash.low);
  }

  private void take(long tag, long first, long second) {
    long newHigh = highHash.hash(highHash.hash(high, low, tag), first, second);
    low = lowHash.hash(lowHash.hash(high, low, tag), first, second);
    high = newHigh;
  }

  /** Sets the chain to the scope's start. Salted prompts aren't cached: clients choose salts. */
  private Seed start(Prompt prompt, Scope scope) {
    int saltStart = prompt.cacheSaltTextStart();
    int saltBytes = prompt.cacheSaltTextEnd() - saltStart;
    Seed seed = seeds.get(scope);
    if (seed == null) {
      seed = seed(scope, null, NO_BYTES, 0, 0);
      seeds.put(scope, seed);
    }
    if (saltBytes > 0) {
      seed = seed(scope, seed, prompt.text(), saltStart, saltBytes);
    }
    high = seed.high;
    low = seed.low;
    return seed;
  }

  /**
   * Derives a seed.
   *
   * @param unsalted of the same scope, if it is known
   */
  private Seed seed(Scope scope, @Nullable Seed unsalted, byte[] salt, int start, int length) {
    byte[] isolationScope =
        unsalted == null ? scope.isolationScope().getBytes(UTF_8) : unsalted.isolationScope;
    byte[] model = unsalted == null ? scope.model().getBytes(UTF_8) : unsalted.model;
    field(indexMac, SCOPE_SEED, 0, SCOPE_SEED.length);
    byte[] lane = scope.lane().name().getBytes(UTF_8);
    field(indexMac, lane, 0, lane.length);
    field(indexMac, isolationScope, 0, isolationScope.length);
    field(indexMac, model, 0, model.length);
    field(indexMac, salt, start, length);
    finish(indexMac);
    return new Seed((long) LONG.get(mac, 0), (long) LONG.get(mac, 8), isolationScope, model);
  }

  private long export(byte[] purpose, Seed seed, Exported known) {
    int place = known.find(high, low);
    if (place >= 0) {
      return known.keys[place];
    }
    Mac to = keys.isNext(high) ? nextExportMac : exportMac;
    field(to, purpose, 0, purpose.length);
    field(to, seed.isolationScope, 0, seed.isolationScope.length);
    field(to, seed.model, 0, seed.model.length);
    LONG.set(word, 0, high);
    field(to, word, 0, word.length);
    LONG.set(word, 0, low);
    field(to, word, 0, word.length);
    finish(to);
    long key = (long) LONG.get(mac, 0);
    known.put(high, low, key);
    return key;
  }

  /** Feeds one field behind its length, so that no two lists of fields read alike. */
  private void field(Mac to, byte[] bytes, int start, int length) {
    INT.set(mac, 0, length);
    to.update(mac, 0, Integer.BYTES);
    to.update(bytes, start, length);
  }

  private void finish(Mac from) {
    try {
      from.doFinal(mac, 0);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("32 bytes hold an HMAC-SHA-256", e);
    }
  }
}
