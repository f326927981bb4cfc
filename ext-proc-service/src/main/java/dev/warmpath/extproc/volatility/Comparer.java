package dev.warmpath.extproc.volatility;

import dev.warmpath.extproc.prompt.Prompt;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds where a prompt that is at hand parts from one of which the outline was kept. Not
 * thread-safe.
 */
final class Comparer {

  /** More differing runs in one item: it was rewritten, which is one parting. */
  private static final int MAX_GAPS = 24;

  /** Words before a place by which it is found again. */
  private static final int ANCHOR_WORDS = 3;

  /** Users' own words have no longer run in common. */
  private static final int PREAMBLE_BYTES = 64;

  private static final long MIX = 0x9E3779B97F4A7C15L;

  private final Gaps gaps = new Gaps();
  private int[] offsets = new int[1024];

  /** Where the segment's text begins and ends in the prompt at hand. */
  private int textFrom;

  private int textTo;
  private Item item;
  private boolean inConversation;
  private boolean preambleShared;

  Comparer() {
    item = new Item(Site.SYSTEM, 0, 0, 0, null, 0, CanonicalJson.Hashes.plain(0), 0, new long[0]);
  }

  /**
   * All partings, in the order of caches.
   *
   * @param prompt at hand, of the outline {@code now}
   */
  List<Parting> compare(Outline then, Outline now, Prompt prompt) {
    inConversation = then.conversation == now.conversation;
    preambleShared = false;
    List<Parting> partings = new ArrayList<>();
    Map<Long, Item> earlier = new HashMap<>();
    for (Item known : then.items) {
      earlier.put(place(known), known);
    }
    for (Item found : now.items) {
      Item known = earlier.get(place(found));
      int from =
          found.parameter != null
              ? prompt.parameterTextStart(found.parameter)
              : prompt.textStart(found.segment);
      if (known != null && known.hash != found.hash) {
        begin(found, from);
        item(known, found, prompt.text(), partings);
      } else if (known == null && found.site == Site.PARAMETER) {
        begin(found, from);
        partings.add(whole(Form.PARAMETER, found.hash));
      }
      earlier.remove(place(found));
    }
    for (Item gone : earlier.values()) {
      if (gone.site == Site.PARAMETER) {
        begin(gone, 0);
        partings.add(whole(Form.PARAMETER, 0));
      }
    }
    tools(then, now, partings);
    return addSameBehind(then, now, partings);
  }

  /** Whether the first messages last compared have a long run of text in common. */
  boolean preambleShared() {
    return preambleShared;
  }

  private void sharing(long[] now) {
    int from = 0;
    for (int gap = 0; gap <= gaps.count(); gap++) {
      int to = gap == gaps.count() ? now.length : gaps.bStart(gap);
      preambleShared |= offsets[to] - offsets[from] >= PREAMBLE_BYTES;
      from = gap == gaps.count() ? to : gaps.bEnd(gap);
    }
  }

  private void begin(Item item, int from) {
    this.item = item;
    textFrom = from;
    textTo = from + item.bytes;
  }

  private static long place(Item item) {
    return ((item.key * MIX) ^ item.site.label().hashCode()) * MIX;
  }

  /** A parting of the current item as such. */
  private Parting whole(Form form, long value) {
    return new Parting(
        item.site,
        item.segment,
        item.index,
        item.key,
        item.parameterName(),
        form.name().hashCode(),
        0,
        item.bytes,
        form,
        Cue.NONE,
        false,
        0,
        value,
        0,
        0,
        inConversation);
  }

  /** Tools that both have in another order, or a list that changed within a conversation. */
  private void tools(Outline then, Outline now, List<Parting> partings) {
    Map<Long, Integer> ranks = new HashMap<>();
    int thenTools = 0;
    for (Item tool : then.items) {
      if (tool.site == Site.TOOL) {
        ranks.put(tool.key, thenTools++);
      }
    }
    int nowTools = 0;
    int common = 0;
    int highest = -1;
    boolean reordered = false;
    long order = 0;
    List<Item> shared = new ArrayList<>();
    Item firstOther = null;
    for (Item tool : now.items) {
      if (tool.site != Site.TOOL) {
        continue;
      }
      Integer rank = ranks.get(tool.key);
      if (firstOther == null && (rank == null || rank != nowTools)) {
        firstOther = tool;
      }
      nowTools++;
      order = (order ^ tool.key) * MIX;
      order ^= order >>> 29;
      if (rank != null) {
        shared.add(tool);
        common++;
        reordered |= rank < highest;
        highest = Math.max(highest, rank);
      }
    }
    if (reordered) {
      Item first = firstReordered(shared, ranks);
      begin(first, 0);
      partings.addFirst(whole(Form.TOOL_ORDER, order));
    } else if (inConversation && (common < nowTools || common < thenTools)) {
      Item first = firstOther;
      if (first == null && nowTools > 0) {
        first = now.items.get(nowTools - 1);
      }
      if (first != null) {
        begin(first, 0);
        partings.addFirst(whole(Form.TOOL_LIST, order));
      }
    }
  }

  /** The first of the shared tools that another one preceded or now precedes. */
  private static Item firstReordered(List<Item> shared, Map<Long, Integer> ranks) {
    int[] rank = new int[shared.size()];
    for (int i = 0; i < rank.length; i++) {
      rank[i] = ranks.getOrDefault(shared.get(i).key, 0);
    }
    for (int i = 0; i < rank.length; i++) {
      for (int j = i + 1; j < rank.length; j++) {
        if (rank[j] < rank[i]) {
          return shared.get(i);
        }
      }
    }
    return shared.getFirst();
  }

  private void item(Item known, Item found, byte[] text, List<Parting> partings) {
    if (found.site == Site.TOOL || found.site == Site.PARAMETER) {
      if (known.keylessHash == found.keylessHash || known.orderlessHash == found.orderlessHash) {
        gaps.between(known.tokens, found.tokens);
        index(found.tokens);
        boolean tools = found.declarations && known.keylessHash != found.keylessHash;
        partings.add(
            at(tools ? Form.TOOL_ORDER : Form.KEY_ORDER, gaps.count() == 0 ? 0 : gaps.bStart(0)));
        return;
      }
    }
    gaps.between(known.tokens, found.tokens);
    index(found.tokens);
    if (found.site == Site.PARAMETER) {
      int before = partings.size();
      texts(known, found, text, 0, 0, partings);
      boolean told = partings.size() == before + 1 && partings.getLast().form().speaksForItself();
      if (!told) {
        partings.subList(before, partings.size()).clear();
        partings.add(whole(Form.PARAMETER, found.hash));
      }
      return;
    }
    if (found.site == Site.MESSAGE) {
      sharing(found.tokens);
    }
    int skipFrom = 0;
    int skipTo = 0;
    if (found.site != Site.TOOL && gaps.count() > 0) {
      Passages.Moved moved = Passages.moved(known.tokens, found.tokens);
      if (moved != null) {
        int gap = 0;
        while (gap < gaps.count() - 1 && gaps.bEnd(gap) <= moved.from()) {
          gap++;
        }
        partings.add(
            at(Form.PASSAGE_ORDER, Math.clamp(gaps.bStart(gap), moved.from(), moved.to() - 1))
                .with(moved.order()));
        skipFrom = moved.from();
        skipTo = moved.to();
      }
    }
    texts(known, found, text, skipFrom, skipTo, partings);
  }

  /** Offsets of the words in the segment's text, and of the end. */
  private void index(long[] tokens) {
    if (offsets.length <= tokens.length) {
      offsets = new int[2 * tokens.length + 1];
    }
    int at = 0;
    for (int i = 0; i < tokens.length; i++) {
      offsets[i] = at;
      at += Tokens.bytes(tokens[i]);
    }
    offsets[tokens.length] = at;
  }

  /** A parting of order at one word of the current item. */
  private Parting at(Form form, int token) {
    Parting whole = whole(form, item.hash);
    return whole.moved(offsets[token], Math.max(1, item.bytes - offsets[token]));
  }

  /** The values that differ. */
  private void texts(
      Item known, Item found, byte[] text, int skipFrom, int skipTo, List<Parting> partings) {
    long[] a = known.tokens;
    long[] b = found.tokens;
    if (gaps.count() > MAX_GAPS) {
      if (skipTo == 0) {
        partings.add(at(Form.TEXT, gaps.bStart(0)));
      }
      return;
    }
    int previousEnd = 0;
    for (int gap = 0; gap < gaps.count(); ) {
      int last = gap;
      while (last + 1 < gaps.count() && joins(b, gaps.bEnd(last), gaps.bStart(last + 1))) {
        last++;
      }
      int start = gaps.bStart(gap);
      int end = gaps.bEnd(last);
      boolean skipped = start < skipTo && end >= skipFrom;
      int image = skipped ? -1 : imageAlone(a, b, gap, last);
      if (image >= 0) {
        long value = image == 0 ? b[firstSolid(b, start, end)] : a[imageAt(a, gap, last)];
        partings.add(
            anchored(
                new Reading(
                    Form.IMAGE,
                    offsets[image == 0 ? firstSolid(b, start, end) : start],
                    offsets[end],
                    Cue.NONE,
                    false,
                    0),
                b,
                previousEnd,
                start,
                Tokens.hash(value),
                sameBehind(last, b)));
      } else if (!skipped && hasSolid(b, start, end)) {
        boolean inserted = !hasSolid(a, gaps.aStart(gap), gaps.aEnd(last)) && end - start > 1;
        Reading reading =
            Reader.read(
                text,
                textFrom,
                textTo,
                textFrom + offsets[start],
                textFrom + offsets[end],
                inserted);
        while (last + 1 < gaps.count() && offsets[gaps.bStart(last + 1)] < reading.end()) {
          last++;
        }
        int first = tokenAt(b, reading.start());
        partings.add(
            anchored(
                reading,
                b,
                previousEnd,
                first,
                valueHash(b, first, reading.end()),
                sameBehind(last, b)));
      }
      previousEnd = gaps.bEnd(last);
      gap = last + 1;
    }
  }

  /** Whether what lies between two differing runs is part of one value with them. */
  private static boolean joins(long[] tokens, int from, int to) {
    if (to - from == 1 && Tokens.kind(tokens[from]) == Tokens.SPACE) {
      return Tokens.bytes(tokens[from]) == 1;
    }
    if (to - from > 2) {
      return false;
    }
    for (int i = from; i < to; i++) {
      if (Tokens.isBlank(tokens[i]) || Tokens.kind(tokens[i]) == Tokens.FRAME) {
        return false;
      }
    }
    return true;
  }

  /** 0: nothing but an image was added; 1: nothing but one is gone; -1: neither. */
  private int imageAlone(long[] a, long[] b, int gap, int last) {
    int addedAt = firstSolid(b, gaps.bStart(gap), gaps.bEnd(last));
    int goneAt = imageAt(a, gap, last);
    boolean added = addedAt >= 0 && Tokens.kind(b[addedAt]) == Tokens.IMAGE;
    boolean nothingThen = !hasSolid(a, gaps.aStart(gap), gaps.aEnd(last));
    if (added && nothingThen && solids(b, gaps.bStart(gap), gaps.bEnd(last)) == 1) {
      return 0;
    }
    boolean gone = goneAt >= 0 && solids(a, gaps.aStart(gap), gaps.aEnd(last)) == 1;
    return gone && addedAt < 0 ? 1 : -1;
  }

  private int imageAt(long[] a, int gap, int last) {
    for (int i = gaps.aStart(gap); i < gaps.aEnd(last); i++) {
      if (Tokens.kind(a[i]) == Tokens.IMAGE) {
        return i;
      }
    }
    return -1;
  }

  private static int firstSolid(long[] tokens, int from, int to) {
    for (int i = from; i < to; i++) {
      if (!Tokens.isBlank(tokens[i])) {
        return i;
      }
    }
    return -1;
  }

  private static int solids(long[] tokens, int from, int to) {
    int solids = 0;
    for (int i = from; i < to; i++) {
      solids += Tokens.isBlank(tokens[i]) ? 0 : 1;
    }
    return solids;
  }

  private static boolean hasSolid(long[] tokens, int from, int to) {
    return firstSolid(tokens, from, to) >= 0;
  }

  private int sameBehind(int gap, long[] b) {
    int next = gap + 1 < gaps.count() ? gaps.bStart(gap + 1) : b.length;
    return Math.max(0, offsets[next] - offsets[gaps.bEnd(gap)]);
  }

  /** The word that holds an offset. */
  private int tokenAt(long[] tokens, int offset) {
    int low = 0;
    int high = tokens.length - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (offsets[middle] <= offset) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return Math.max(0, low);
  }

  private long valueHash(long[] tokens, int first, int end) {
    long hash = MIX;
    for (int i = first; i < tokens.length && offsets[i] < end; i++) {
      hash = (hash ^ Tokens.hash(tokens[i])) * MIX;
      hash ^= hash >>> 31;
    }
    return hash;
  }

  /** A parting whose place is known by the words before it, back to the previous parting. */
  private Parting anchored(
      Reading reading, long[] tokens, int previousEnd, int first, long value, int sameBehind) {
    long anchor = MIX;
    int words = 0;
    for (int i = first - 1; i >= 0 && words < ANCHOR_WORDS; i--) {
      if (i < previousEnd && first >= previousEnd) {
        break;
      }
      if (!Tokens.isBlank(tokens[i])) {
        anchor = (anchor ^ Tokens.hash(tokens[i])) * MIX;
        anchor ^= anchor >>> 31;
        words++;
      }
    }
    return new Parting(
        item.site,
        item.segment,
        item.index,
        item.key,
        item.parameterName(),
        anchor,
        reading.start(),
        Math.max(1, reading.end() - reading.start()),
        reading.form(),
        reading.cue(),
        reading.hasNumber(),
        reading.number(),
        value,
        sameBehind,
        0,
        inConversation);
  }

  /** Adds to each parting what is the same again behind it. */
  private static List<Parting> addSameBehind(Outline then, Outline now, List<Parting> partings) {
    if (partings.isEmpty()) {
      return partings;
    }
    Map<Long, Item> earlier = new HashMap<>();
    for (Item item : then.items) {
      earlier.put(place(item), item);
    }
    List<Parting> complete = new ArrayList<>(partings.size());
    for (Parting parting : partings) {
      long same = 0;
      boolean behind = false;
      int rank = rank(parting, then, now);
      for (Item item : now.items) {
        if (isOf(item, parting)) {
          same += Math.max(0, item.bytes - parting.offset() - parting.length());
          if (item.site == Site.MESSAGE) {
            same = Math.min(same, parting.sameBehind());
          }
          behind = true;
        } else if (behind || item.rank() > rank) {
          Item known = earlier.get(place(item));
          if (known != null && known.hash == item.hash) {
            same += item.bytes;
          }
        }
      }
      boolean order =
          parting.form() == Form.KEY_ORDER
              || parting.form() == Form.PASSAGE_ORDER
              || parting.form() == Form.TOOL_ORDER;
      complete.add(parting.withSameAgain(order ? same + parting.length() : same));
    }
    return complete;
  }

  private static boolean isOf(Item item, Parting parting) {
    return item.site == parting.site()
        && (item.site == Site.PARAMETER
            ? item.key == parting.itemKey()
            : item.segment == parting.segment());
  }

  private static int rank(Parting parting, Outline then, Outline now) {
    for (Item item : now.items) {
      if (isOf(item, parting)) {
        return item.rank();
      }
    }
    for (Item item : then.items) {
      if (isOf(item, parting)) {
        return item.rank();
      }
    }
    return Integer.MAX_VALUE;
  }
}
