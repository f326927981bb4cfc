package dev.warmpath.extproc.volatility;

import dev.warmpath.extproc.prompt.Parameter;
import dev.warmpath.extproc.prompt.Prompt;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds where a prompt that is at hand parts from one of which the outline was kept. Not
 * thread-safe.
 */
final class Comparer {

  /** More values of one item are not looked at. */
  private static final int MAX_GAPS = 24;

  /** So many differing runs with less than that between them are prose, not values. Guesses. */
  private static final int PROSE_VALUES = 5;

  private static final int MIN_BETWEEN_BYTES = 24;

  /** A longer one is none, either. */
  private static final int MAX_VALUE_BYTES = 100;

  /** Words before a place by which it is found again. */
  private static final int ANCHOR_WORDS = 3;

  /** Users' own words have no longer run in common. */
  private static final int PREAMBLE_BYTES = 64;

  /** Of a message that differs in more, the user wrote a part, which others answer. A guess. */
  private static final int MAX_TEMPLATE_BYTES = 160;

  /** Shorter segments are found in another order by chance. */
  private static final int MIN_MOVED_BYTES = 64;

  /**
   * Share of the words among moved passages that both must have: where more differ, no order would
   * make them repeat. Users who ask different things get different passages. Guesses, unmeasured.
   */
  private static final double LEAST_COMMON = 0.35;

  private static final double LEAST_COMMON_OF_USERS = 0.7;

  /**
   * Share of them that both must have in whole sentences: rows of a table, a log or a transcript
   * have most of their words in common, but hardly a row. On clean logs of 23 kinds of such rows
   * one comparison in ten has more, and each log needs six in ten for a finding; passages have 0.5
   * and more, some of them exchanged.
   */
  private static final double LEAST_VERBATIM_OF_USERS = 0.3;

  /** What users write may have fewer words in another order by chance. */
  private static final int MIN_MOVED_WORDS = 8;

  /** Less behind a value that is the same in two messages may be chance; a guess. */
  private static final int MIN_TEMPLATE_BYTES = 48;

  /** Between the parts of a name, or of a date. */
  private static final int MAX_JOINT_BYTES = 4;

  /** Of a value, behind what was read of it. */
  private static final int MAX_ENDING_WORDS = 6;

  /** Same thing in each conversation, whichever message it is. */
  private static final long IMAGE_ANCHOR = 0x1A6EL;

  private static final Item NOTHING =
      new Item(Site.SYSTEM, 0, 0, 0, null, 0, CanonicalJson.Hashes.plain(0), 0, new long[0]);

  private static final long MIX = 0x9E3779B97F4A7C15L;

  private final Gaps gaps = new Gaps();
  private int[] offsets = new int[1024];

  /** Where the segment's text begins and ends in the prompt at hand. */
  private int textFrom;

  private int textTo;
  private Item item = NOTHING;

  /** What finds the current item again; its key, where that stays the same. */
  private long placeKey;

  private boolean inConversation;
  private boolean preambleShared;

  /**
   * All partings, in the order of caches.
   *
   * @param prompt at hand, of the outline {@code now}
   * @param continues whether the conversation is the same
   */
  List<Parting> compare(Outline then, Outline now, Prompt prompt, boolean continues) {
    inConversation = continues;
    preambleShared = false;
    List<Parting> partings = new ArrayList<>();
    Map<Long, Item> earlier = new HashMap<>();
    for (Item known : then.items) {
      earlier.put(place(known), known);
    }
    for (Item found : now.items) {
      if (found.site == Site.SYSTEM || found.site == Site.MESSAGE) {
        continue;
      }
      Item known = earlier.remove(place(found));
      if (known != null && known.hash != found.hash) {
        begin(found, prompt);
        item(known, found, prompt.text(), partings);
      } else if (known == null && found.site == Site.PARAMETER) {
        begin(found, prompt);
        partings.add(whole(Form.PARAMETER, found.hash));
      }
    }
    for (Item gone : earlier.values()) {
      if (gone.site == Site.PARAMETER) {
        begin(gone, prompt);
        partings.add(whole(Form.PARAMETER, 0));
      }
    }
    systems(then, now, prompt, partings);
    if (!tools(then, now, partings)) {
      renamed(then, now, prompt, partings);
    }
    if (!inConversation) {
      firstMessages(then, now, prompt, partings);
    }
    List<Parting> all = addSameBehind(then, now, partings);
    if (inConversation) {
      all.addAll(history(then.history, messages(then), now, prompt));
    }
    return all;
  }

  /** The messages whose words were kept. */
  static List<Item> messages(Outline outline) {
    int from = outline.items.size();
    while (from > 0 && outline.items.get(from - 1).site == Site.MESSAGE) {
      from--;
    }
    return outline.items.subList(from, outline.items.size());
  }

  /**
   * The first message that was changed since an earlier request of the same conversation, if what
   * follows is the same again.
   */
  List<Parting> history(History then, List<Item> thenMessages, Outline now, Prompt prompt) {
    History current = now.history;
    int common = Math.min(then.length(), current.length());
    for (int i = 0; i < common; i++) {
      if (current.same(then, i)) {
        continue;
      }
      int behind = current.sameBehind(then, i);
      Item found = now.message(i);
      List<Parting> partings = new ArrayList<>();
      inConversation = true;
      if (current.texts[i] == then.texts[i]) {
        partings.add(image(then, current, i, behind));
      } else if (i < thenMessages.size() && found != null && behind > 0) {
        begin(found, prompt);
        item(thenMessages.get(i), found, prompt.text(), partings);
        partings.replaceAll(
            parting ->
                parting
                    .withSameNext(behind, 0)
                    .withSameAgain(
                        behind + Math.max(0, item.bytes - parting.offset() - parting.length())));
      }
      return partings;
    }
    return List.of();
  }

  private Parting image(History then, History now, int message, int behind) {
    boolean gone = now.images[message] == 0;
    return new Parting(
        Site.MESSAGE,
        now.firstSegment + message,
        message,
        0,
        "",
        IMAGE_ANCHOR,
        gone ? then.imageOffsets[message] : now.imageOffsets[message],
        1,
        0,
        Form.IMAGE,
        Cue.NONE,
        false,
        0,
        gone ? then.images[message] : now.images[message],
        behind,
        0,
        behind,
        inConversation);
  }

  /**
   * System segments, each with the one that stands for it: the same, else the one in the same place
   * among those that have none.
   */
  private void systems(Outline then, Outline now, Prompt prompt, List<Parting> partings) {
    List<Item> before = of(Site.SYSTEM, then);
    List<Item> after = of(Site.SYSTEM, now);
    Item moved = moved(before, after);
    if (moved != null) {
      begin(moved, prompt);
      partings.add(whole(Form.PASSAGE_ORDER, order(after)));
    }
    List<Item> changed = unmatched(before, after);
    List<Item> unknown = unmatched(after, before);
    for (int i = 0; i < unknown.size(); i++) {
      Item found = unknown.get(i);
      begin(found, prompt);
      item(i < changed.size() ? changed.get(i) : NOTHING, found, prompt.text(), partings);
    }
  }

  private static List<Item> of(Site site, Outline outline) {
    List<Item> items = new ArrayList<>();
    for (Item item : outline.items) {
      if (item.site == site) {
        items.add(item);
      }
    }
    return items;
  }

  /** Those that the others don't hold as they stand, however often. */
  private static List<Item> unmatched(List<Item> items, List<Item> others) {
    Map<Long, Integer> counts = new HashMap<>();
    for (Item other : others) {
      counts.merge(other.hash, 1, Integer::sum);
    }
    List<Item> unmatched = new ArrayList<>();
    for (Item item : items) {
      if (counts.merge(item.hash, -1, Integer::sum) < 0) {
        unmatched.add(item);
      }
    }
    return unmatched;
  }

  /** The first of those that both have in another order, if that is no chance. */
  private static @Nullable Item moved(List<Item> before, List<Item> after) {
    Map<Long, Integer> ranks = new HashMap<>();
    for (Item item : before) {
      ranks.putIfAbsent(item.hash, item.index);
    }
    Item first = null;
    int bytes = 0;
    for (int i = 0; i < after.size(); i++) {
      Integer rank = ranks.get(after.get(i).hash);
      boolean passed = false;
      for (int j = i + 1; j < after.size() && rank != null; j++) {
        Integer later = ranks.get(after.get(j).hash);
        passed |= later != null && later < rank;
      }
      if (passed) {
        first = first == null ? after.get(i) : first;
        bytes += after.get(i).bytes;
      }
    }
    return bytes >= MIN_MOVED_BYTES ? first : null;
  }

  private static long order(List<Item> items) {
    long order = 0;
    for (Item item : items) {
      order = (order ^ item.hash) * MIX;
      order ^= order >>> 29;
    }
    return order;
  }

  /** A tool whose very name differs, found by its place in the list. */
  private void renamed(Outline then, Outline now, Prompt prompt, List<Parting> partings) {
    List<Item> before = of(Site.TOOL, then);
    List<Item> after = of(Site.TOOL, now);
    if (before.size() != after.size()) {
      return;
    }
    Set<Long> keys = new HashSet<>();
    before.forEach(tool -> keys.add(tool.key));
    for (int i = 0; i < after.size(); i++) {
      Item found = after.get(i);
      Item known = before.get(i);
      if (known.key == found.key || keys.contains(found.key)) {
        continue;
      }
      gaps.between(known.tokens, found.tokens);
      index(found.tokens);
      if (2 * differing(found.tokens) <= found.bytes) {
        begin(found, prompt);
        placeKey = i;
        texts(known, found, prompt.text(), 0, 0, partings);
      }
    }
  }

  /** Bytes of the current item that are not the same in the other. */
  private int differing(long[] tokens) {
    int bytes = 0;
    for (int gap = 0; gap < gaps.count(); gap++) {
      bytes += offsets[gaps.bEnd(gap)] - offsets[gaps.bStart(gap)];
    }
    return bytes + Math.max(0, item.bytes - offsets[tokens.length]);
  }

  private static List<Item> unanswered(List<Item> messages, History history) {
    int count = 0;
    while (count < messages.size() && !history.answers[count]) {
      count++;
    }
    return messages.subList(0, count);
  }

  /** The first messages of two conversations, as far as both follow one template. */
  private void firstMessages(Outline then, Outline now, Prompt prompt, List<Parting> partings) {
    List<Item> before = messages(then);
    List<Item> after = messages(now);
    Item moved = moved(unanswered(before, then.history), unanswered(after, now.history));
    if (moved != null) {
      begin(moved, prompt);
      preambleShared = true;
      partings.add(
          whole(Form.PASSAGE_ORDER, order(after))
              .withSameNext(now.history.sameBehind(then.history, moved.index), 0));
      return;
    }
    for (int i = 0; i < Math.min(before.size(), after.size()); i++) {
      Item known = before.get(i);
      Item found = after.get(i);
      if (known.hash == found.hash) {
        continue;
      }
      if (i > 0 && now.history.answers[i]) {
        return;
      }
      int first = partings.size();
      int next = now.history.sameNext(then.history, i);
      preambleShared |= next >= PREAMBLE_BYTES;
      if (now.history.images[i] != 0 && then.history.images[i] == 0) {
        boolean same = now.history.texts[i] == then.history.texts[i];
        Parting image = image(then.history, now.history, i, next + (same ? found.bytes : 0));
        partings.add(image);
      }
      begin(found, prompt);
      item(known, found, prompt.text(), partings);
      for (int at = first; at < partings.size(); at++) {
        Parting parting = partings.get(at);
        partings.set(
            at,
            parting.withSameNext(next, next < MIN_TEMPLATE_BYTES ? 0 : now.history.texts[i + 1]));
      }
      if (differing(found.tokens) > MAX_TEMPLATE_BYTES) {
        return;
      }
    }
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

  private void begin(Item item, Prompt prompt) {
    begin(
        item,
        item.parameter == null
            ? prompt.textStart(item.segment)
            : Math.max(0, prompt.parameterTextStart(item.parameter)));
  }

  private void begin(Item item, int from) {
    this.item = item;
    placeKey = item.key;
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
        placeKey,
        item.parameterName(),
        form.name().hashCode(),
        0,
        item.bytes,
        0,
        form,
        Cue.NONE,
        false,
        0,
        value,
        0,
        0,
        0,
        inConversation);
  }

  /** Tools that both have in another order, or other ones within a conversation; whether so. */
  private boolean tools(Outline then, Outline now, List<Parting> partings) {
    Map<Long, Integer> ranks = new HashMap<>();
    int thenTools = 0;
    for (Item tool : then.items) {
      if (tool.site == Site.TOOL) {
        ranks.put(tool.key, thenTools++);
      }
    }
    int nowTools = 0;
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
        reordered |= rank < highest;
        highest = Math.max(highest, rank);
      }
    }
    if (reordered) {
      Item first = firstReordered(shared, ranks);
      begin(first, 0);
      partings.addFirst(whole(Form.TOOL_ORDER, order));
      return true;
    }
    if (inConversation && nowTools != thenTools) {
      Item first = firstOther;
      if (first == null && nowTools > 0) {
        first = now.items.get(nowTools - 1);
      }
      if (first != null) {
        begin(first, 0);
        partings.addFirst(whole(Form.TOOL_LIST, order));
        return true;
      }
    }
    return false;
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
        Form form = known.keylessHash == found.keylessHash ? Form.KEY_ORDER : elements(found);
        partings.add(at(form, gaps.count() == 0 ? 0 : gaps.bStart(0)));
        return;
      }
    }
    gaps.between(known.tokens, found.tokens);
    index(found.tokens);
    if (found.site == Site.PARAMETER
        && found.parameter == Parameter.DOCUMENTS
        && Passages.moved(known.tokens, found.tokens) != null) {
      partings.add(at(Form.PASSAGE_ORDER, gaps.count() == 0 ? 0 : gaps.bStart(0)));
      return;
    }
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
        boolean ofUser = found.site == Site.MESSAGE && !inConversation;
        if (ofUser
            ? moved.common() >= LEAST_COMMON_OF_USERS
                && moved.verbatim() >= LEAST_VERBATIM_OF_USERS
                && moved.words() >= MIN_MOVED_WORDS
            : moved.common() >= LEAST_COMMON) {
          partings.add(
              at(Form.PASSAGE_ORDER, Math.clamp(gaps.bStart(gap), moved.from(), moved.to() - 1))
                  .with(moved.order()));
        }
        skipFrom = moved.from();
        skipTo = moved.to();
      }
    }
    texts(known, found, text, skipFrom, skipTo, partings);
  }

  /** What it is if elements of an item's arrays stand in another order. */
  private static Form elements(Item item) {
    if (item.declarations || item.parameter == Parameter.FUNCTIONS) {
      return Form.TOOL_ORDER;
    }
    return item.parameter == Parameter.DOCUMENTS ? Form.PASSAGE_ORDER : Form.KEY_ORDER;
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
    boolean ofUser = item.site == Site.MESSAGE && !inConversation;
    boolean rewritten = false;
    int values = 0;
    int previousEnd = 0;
    for (int gap = 0; gap < gaps.count(); ) {
      int own = lastOfProse(b, gap, ofUser || gaps.count() > MAX_GAPS, text);
      if (own >= gap) {
        if (ofUser) {
          return; // Behind what users write, nothing repeats.
        }
        if (!rewritten && skipTo == 0) {
          partings.add(at(Form.TEXT, gaps.bStart(gap)));
        }
        rewritten = true;
        previousEnd = gaps.bEnd(own);
        gap = own + 1;
        continue;
      }
      if (values++ == MAX_GAPS) {
        return;
      }
      int last = gap;
      while (last + 1 < gaps.count() && joins(b, gaps.bEnd(last), gaps.bStart(last + 1), text)) {
        last++;
      }
      int start = gaps.bStart(gap);
      int end = gaps.bEnd(last);
      boolean skipped = start < skipTo && end >= skipFrom;
      int image = skipped || item.site == Site.MESSAGE ? -1 : imageAlone(a, b, gap, last);
      if (image >= 0) {
        long value = image == 0 ? b[firstSolid(b, start, end)] : a[imageAt(a, gap, last)];
        partings.add(
            anchored(
                new Reading(
                    Form.IMAGE,
                    offsets[image == 0 ? firstSolid(b, start, end) : start],
                    offsets[end],
                    0,
                    Cue.NONE,
                    false,
                    0),
                b,
                previousEnd,
                start,
                Tokens.hash(value),
                last));
      } else if (!skipped && !isImage(b, start, end) && hasSolid(b, start, end)) {
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
            anchored(reading, b, previousEnd, first, valueHash(b, first, reading.end()), last));
      }
      previousEnd = gaps.bEnd(last);
      gap = last + 1;
    }
  }

  /**
   * The last of the differing runs from one on that are other prose rather than other values: many
   * with little between them, or a long one. Below {@code gap}: they are values.
   *
   * @param ask whether there may be such
   */
  private int lastOfProse(long[] words, int gap, boolean ask, byte[] text) {
    if (!ask) {
      return -1;
    }
    int last = gap;
    int values = 1;
    while (last + 1 < gaps.count()
        && offsets[gaps.bStart(last + 1)] - offsets[gaps.bEnd(last)] < MIN_BETWEEN_BYTES) {
      values += joins(words, gaps.bEnd(last), gaps.bStart(last + 1), text) ? 0 : 1;
      last++;
    }
    boolean isLong = offsets[gaps.bEnd(gap)] - offsets[gaps.bStart(gap)] > MAX_VALUE_BYTES;
    return isLong || values >= PROSE_VALUES ? last : -1;
  }

  /** Whether what lies between two differing runs is part of one value with them. */
  private boolean joins(long[] tokens, int from, int to, byte[] text) {
    if (to - from == 1 && Tokens.kind(tokens[from]) == Tokens.SPACE) {
      int blank = textFrom + offsets[from];
      return Tokens.bytes(tokens[from]) == CharKind.bytes(text, blank, textTo);
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

  private static boolean isImage(long[] tokens, int from, int to) {
    int solid = firstSolid(tokens, from, to);
    return solid >= 0 && Tokens.kind(tokens[solid]) == Tokens.IMAGE;
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

  /** Where the next gap begins, or the end. */
  private int sameUntil(int gap, long[] b) {
    return gap + 1 < gaps.count() ? gaps.bStart(gap + 1) : b.length;
  }

  /**
   * Hash of the beginning of what is the same behind a value and those that follow it closely, from
   * the next white space on; 0: it is too short to tell.
   */
  private long behind(long[] b, int valueEnd, int gap) {
    int last = gap;
    while (last + 1 < gaps.count()
        && offsets[gaps.bStart(last + 1)] - offsets[gaps.bEnd(last)] <= MAX_JOINT_BYTES) {
      last++;
    }
    int to = sameUntil(last, b);
    int from = last == gap ? valueEnd : gaps.bEnd(last);
    for (int i = from; i < Math.min(to, from + MAX_ENDING_WORDS); i++) {
      if (Tokens.isBlank(b[i])) {
        from = i;
        break;
      }
    }
    int end = from;
    while (end < to && offsets[end] - offsets[from] < MIN_TEMPLATE_BYTES) {
      end++;
    }
    return offsets[end] - offsets[from] < MIN_TEMPLATE_BYTES ? 0 : valueHash(b, from, offsets[end]);
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
      Reading reading, long[] tokens, int previousEnd, int first, long value, int gap) {
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
    int end = gaps.bEnd(gap);
    int until = sameUntil(gap, tokens);
    int valueEnd = first;
    while (valueEnd < until && offsets[valueEnd] < reading.end()) {
      valueEnd++;
    }
    return new Parting(
        item.site,
        item.segment,
        item.index,
        placeKey,
        item.parameterName(),
        anchor,
        reading.start(),
        Math.max(1, reading.end() - reading.start()),
        reading.ahead(),
        reading.form(),
        reading.cue(),
        reading.hasNumber(),
        reading.number(),
        value,
        Math.max(0, offsets[until] - offsets[end]),
        behind(tokens, valueEnd, gap),
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
