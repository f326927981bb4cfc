package dev.warmpath.extproc.volatility;

import com.dynatrace.hash4j.hashing.Hasher64;
import com.dynatrace.hash4j.hashing.Hashing;
import dev.warmpath.extproc.prompt.Parameter;
import dev.warmpath.extproc.prompt.PartKind;
import dev.warmpath.extproc.prompt.Prompt;
import dev.warmpath.extproc.prompt.Role;
import dev.warmpath.extproc.prompt.SegmentKind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes {@link Outline}s of prompts. Not thread-safe. */
final class Outliner {

  /** Tools, system segments and parameters of one prompt; what is beyond is not compared. */
  private static final int MAX_ITEMS = 512;

  /** Bytes of the first messages that are compared: a preamble that is shared comes first. */
  private static final int MAX_MESSAGE_BYTES = 32 * 1024;

  /** Less than that in tools and system prompt doesn't tell an application. */
  private static final int MIN_ROOT_BYTES = 64;

  private static final int MAX_PARAMETER_TOKENS = 4096;
  private static final Parameter[] PARAMETERS = Parameter.values();

  private final int maxTokens;
  private final Tokens tokens;
  private final Hasher64 hasher;
  private final CanonicalJson json;

  /**
   * @param seed of all hashes
   * @param maxTokens words of one prompt that are kept
   */
  Outliner(long seed, int maxTokens) {
    this.maxTokens = maxTokens;
    tokens = new Tokens(seed, maxTokens);
    hasher = Hashing.xxh3_64(seed);
    json = new CanonicalJson(hasher);
  }

  /** The hash by which {@link Outline#rootHash} finds an equal root, without an outline. */
  long rootHash(Prompt prompt) {
    int end = 0;
    long hash = 0;
    for (int i = 0; i < prompt.segments() && prompt.kind(i) != SegmentKind.MESSAGE; i++) {
      end = prompt.textEnd(i);
      hash = hasher.hashLongLongToLong(hash, hash(prompt, prompt.textStart(i), end));
    }
    return end < MIN_ROOT_BYTES ? 0 : hash;
  }

  /**
   * @param like an outline that shares items with this prompt; they are taken from it
   */
  Outline outline(Prompt prompt, @Nullable Outline like) {
    tokens.clear();
    List<Item> items = new ArrayList<>();
    int budget = maxTokens;
    int segment = 0;
    int tools = 0;
    int systems = 0;
    parameters(prompt, Parameter.Position.START, items, like);
    boolean inTools = true;
    for (; segment < prompt.segments(); segment++) {
      SegmentKind kind = prompt.kind(segment);
      if (inTools && kind != SegmentKind.TOOL) {
        inTools = false;
        parameters(prompt, Parameter.Position.AFTER_TOOLS, items, like);
      }
      if (kind == SegmentKind.MESSAGE) {
        break;
      }
      if (items.size() < MAX_ITEMS) {
        Item item =
            kind == SegmentKind.TOOL
                ? tool(prompt, segment, tools++, items.size(), like, budget)
                : text(
                    prompt,
                    Site.SYSTEM,
                    segment,
                    systems++,
                    items.size(),
                    like,
                    budget,
                    Integer.MAX_VALUE);
        items.add(item);
        budget -= item.tokens.length;
      }
    }
    parameters(prompt, Parameter.Position.AFTER_SYSTEM, items, like);
    messageItems(prompt, segment, items, like);
    boolean sameRoot = like != null && like.rootHash != 0 && like.rootHash == rootHash(prompt);
    List<Item> all = List.copyOf(items);
    return new Outline(
        all,
        rootHash(prompt),
        sameRoot && like != null ? like.sketch : Sketch.of(all),
        history(prompt, segment));
  }

  /** The words of the first messages, as far as they are to be kept. */
  private void messageItems(Prompt prompt, int first, List<Item> items, @Nullable Outline like) {
    int bytes = MAX_MESSAGE_BYTES;
    int words = maxTokens / 4;
    int last = Math.min(prompt.segments(), first + History.MAX_MESSAGES);
    for (int segment = first; segment < last && bytes > 0 && words > 0; segment++) {
      Item item =
          text(prompt, Site.MESSAGE, segment, segment - first, items.size(), like, words, bytes);
      items.add(item);
      bytes -= item.bytes;
      words -= item.tokens.length;
    }
  }

  private History history(Prompt prompt, int first) {
    int count = Math.min(History.MAX_MESSAGES, prompt.segments() - first);
    int user = first;
    while (user < prompt.segments() - 1 && prompt.role(user) != Role.USER) {
      user++;
    }
    int later = count == 0 ? 0 : prompt.textLength() - prompt.textEnd(user);
    History history = new History(first, count, later);
    for (int i = 0; i < count; i++) {
      int start = prompt.textStart(first + i);
      int end = prompt.textEnd(first + i);
      int plainFrom = start;
      history.bytes[i] = end - start;
      history.answers[i] = prompt.role(first + i) == Role.ASSISTANT;
      history.calls[i] = prompt.role(first + i) == Role.TOOL;
      for (int part = prompt.partsStart(first + i); part < prompt.partsEnd(first + i); part++) {
        PartKind kind = prompt.partKind(part);
        history.calls[i] |= kind == PartKind.TOOL_USE || kind == PartKind.TOOL_RESULT;
        if (kind == PartKind.IMAGE) {
          int from = prompt.partTextStart(part);
          int to = prompt.partTextEnd(part);
          if (history.images[i] == 0) {
            history.imageOffsets[i] = from - start;
          }
          history.images[i] =
              hasher.hashLongLongToLong(history.images[i], hash(prompt, from, to)) | 1;
          if (from > plainFrom) {
            history.texts[i] =
                hasher.hashLongLongToLong(history.texts[i], hash(prompt, plainFrom, from));
          }
          plainFrom = to;
        }
      }
      if (end > plainFrom) {
        history.texts[i] =
            hasher.hashLongLongToLong(history.texts[i], hash(prompt, plainFrom, end));
      }
    }
    return history;
  }

  private long hash(Prompt prompt, int start, int end) {
    return hasher.hashBytesToLong(prompt.text(), start, end - start);
  }

  private @Nullable Item known(@Nullable Outline like, int at, Site site, int index, long hash) {
    if (like == null || at >= like.items.size()) {
      return null;
    }
    Item item = like.items.get(at);
    return item.site == site && item.index == index && item.hash == hash ? item : null;
  }

  private Item tool(
      Prompt prompt, int segment, int index, int at, @Nullable Outline like, int budget) {
    int start = prompt.textStart(segment);
    int end = prompt.textEnd(segment);
    long hash = hash(prompt, start, end);
    Item known = known(like, at, Site.TOOL, index, hash);
    if (known != null && known.segment == segment) {
      return known;
    }
    CanonicalJson.Hashes hashes = json.read(prompt.text(), start + 1, end - 1);
    // Gemini's list of functions has no name of its own; the first in it takes turns.
    long key = hashes.declarations() ? index : hashes.nameHash() == 0 ? hash : hashes.nameHash();
    tokens.clear();
    tokens.text(prompt.text(), start, end);
    return new Item(Site.TOOL, segment, index, key, null, hash, hashes, end - start, kept(budget));
  }

  private Item text(
      Prompt prompt,
      Site site,
      int segment,
      int index,
      int at,
      @Nullable Outline like,
      int budget,
      int maxBytes) {
    int start = prompt.textStart(segment);
    int end = prompt.textEnd(segment);
    long hash = hash(prompt, start, end);
    Item known = known(like, at, site, index, hash);
    if (known != null && known.segment == segment) {
      return known;
    }
    int limit = end - start > maxBytes ? start + maxBytes : end;
    tokens.clear();
    int from = start;
    for (int part = prompt.partsStart(segment); part < prompt.partsEnd(segment); part++) {
      int partStart = prompt.partTextStart(part);
      int partEnd = prompt.partTextEnd(part);
      if (partEnd > limit) {
        break;
      }
      if (partStart < from) {
        continue;
      }
      tokens.text(prompt.text(), from, partStart);
      PartKind kind = prompt.partKind(part);
      if (kind == PartKind.IMAGE || kind == PartKind.TOKENS) {
        tokens.opaque(
            prompt.text(),
            partStart,
            partEnd,
            kind == PartKind.IMAGE ? Tokens.IMAGE : Tokens.FRAME);
      } else {
        tokens.text(prompt.text(), partStart, partEnd);
      }
      from = partEnd;
    }
    tokens.text(prompt.text(), from, limit);
    return new Item(
        site,
        segment,
        index,
        index,
        null,
        hash,
        CanonicalJson.Hashes.plain(hash),
        end - start,
        kept(budget));
  }

  private long[] kept(int budget) {
    long[] all = tokens.toArray();
    return all.length > budget ? Arrays.copyOf(all, Math.max(0, budget)) : all;
  }

  /** Those that caches see at a position. */
  @SuppressWarnings("EnumOrdinal") // Never leaves the process.
  private void parameters(
      Prompt prompt, Parameter.Position position, List<Item> items, @Nullable Outline like) {
    for (Parameter parameter : PARAMETERS) {
      if (parameter.position() != position || !prompt.has(parameter)) {
        continue;
      }
      int start = prompt.parameterTextStart(parameter);
      int end = prompt.parameterTextEnd(parameter);
      long hash = hash(prompt, start, end);
      Item known = known(like, items.size(), Site.PARAMETER, parameter.ordinal(), hash);
      if (known != null) {
        items.add(known);
        continue;
      }
      tokens.clear();
      tokens.text(prompt.text(), start, end);
      // 0xFE, the quoted label whose end is 0xFF, a colon, the value, 0xFF.
      int valueStart = start + parameter.label().length() + 4;
      items.add(
          new Item(
              Site.PARAMETER,
              parameter.ordinal(),
              parameter.ordinal(),
              parameter.ordinal(),
              parameter,
              hash,
              json.read(prompt.text(), valueStart, Math.max(valueStart, end - 1)),
              end - start,
              kept(MAX_PARAMETER_TOKENS)));
    }
  }
}
