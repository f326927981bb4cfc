package dev.warmpath.extproc.volatility;

import dev.warmpath.extproc.prompt.Prompt;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One application: the outline of its last prompt, with which the next one is compared, and the
 * places at which its prompts parted. Mutable, one owner.
 */
final class Shape {

  /** Conversations whose last request is remembered, and those of which the words are. */
  private static final int MAX_CONVERSATIONS = 32;

  private static final int MAX_WITH_WORDS = 4;

  /** What is shorter may be a value, if of several words. */
  private static final int PROSE_BYTES = 64;

  /** Prompts that are kept beside each other since prose differs in them. */
  private static final int MAX_VARIANTS = 3;

  /** Of a place: what it belongs to and the words before it. */
  record Key(Site site, long itemKey, long anchor) {}

  /** The last request of a conversation; of most, the words are forgotten. */
  private static final class Conversation {
    final long number;
    History history;
    List<Item> messages;

    Conversation(long number, History history, List<Item> messages) {
      this.number = number;
      this.history = history;
      this.messages = messages;
    }
  }

  private static final class Bounded<K, V> extends LinkedHashMap<K, V> {
    private final int bound;

    Bounded(int bound) {
      super(16, 0.75f, /* accessOrder= */ true);
      this.bound = bound;
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
      return size() > bound;
    }
  }

  private final long salt;
  private final Map<Key, Place> places;

  /** The one that was seen last comes first. */
  private final List<Conversation> conversations = new ArrayList<>();

  private long numbers;
  private Outline last;

  /** The last prompts, of which none was compared with another; the last one comes first. */
  private final List<Outline> variants = new ArrayList<>();

  /** Requests that were compared, and those whose conversation was another than the one before. */
  private double compared;

  private double acrossConversations;

  /** Requests that went on with a conversation of which the words were kept. */
  private double continued;

  /** Of the latter, those whose first messages have a long text in common. */
  private double sharedPreambles;

  /** Requests that came, the unseen ones too. */
  private double requests;

  private long windowStartNanos;
  private long lastNanos;

  Shape(Outline first, double requests, long salt, int maxPlaces, long nowNanos) {
    last = first;
    this.salt = salt;
    this.requests = requests;
    places = new Bounded<>(maxPlaces);
    windowStartNanos = nowNanos;
    lastNanos = nowNanos;
    variants.add(first);
    remember(null, first);
  }

  Outline last() {
    return last;
  }

  double compared() {
    return compared;
  }

  /** Of them, those that went on with another conversation than the one before. */
  double acrossConversations() {
    return acrossConversations;
  }

  Map<Key, Place> places() {
    return places;
  }

  /** Whether first messages begin with, or hold, what is not the user's. */
  boolean hasPreamble() {
    return sharedPreambles >= 0.5 * acrossConversations;
  }

  /** Requests of this application in an hour; NaN where the time doesn't tell. */
  double requestsPerHour() {
    long nanos = lastNanos - windowStartNanos;
    return nanos <= 0 ? Double.NaN : requests * 3.6e12 / nanos;
  }

  /** How many requests could have parted at a place. */
  double compared(Place place) {
    if (place.site != Site.MESSAGE) {
      return compared;
    }
    if (place.inConversation == 0) {
      return acrossConversations;
    }
    return place.inConversation < place.partings ? compared : continued;
  }

  /**
   * Compares a prompt with the one before it, which it replaces.
   *
   * @param now outline of the prompt
   */
  void arrive(
      Prompt prompt,
      Outline now,
      Comparer comparer,
      double weight,
      long windowNanos,
      long nowNanos) {
    if (nowNanos - windowStartNanos > windowNanos) {
      fade(nowNanos);
    }
    requests += weight;
    lastNanos = Math.max(lastNanos, nowNanos);
    compared++;
    Conversation before = before(now.history);
    Outline then = last;
    boolean continues = before != null && before.history == then.history;
    List<Parting> partings = comparer.compare(then, now, prompt, continues);
    boolean rewritten = isRewritten(partings);
    Outline nearer = rewritten ? nearer(now) : null;
    if (nearer != null) {
      then = nearer;
      continues = before != null && before.history == then.history;
      partings = comparer.compare(then, now, prompt, continues);
    }
    if (!continues) {
      acrossConversations++;
      sharedPreambles += comparer.preambleShared() ? 1 : 0;
      if (before != null) {
        partings.addAll(0, comparer.history(before.history, before.messages, now, prompt));
      }
    }
    if (before != null && before.history.length() > 1) {
      continued++;
    }
    long number = before == null ? numbers : before.number;
    long laterBytes =
        before == null ? 0 : Math.min(before.history.laterBytes, now.history.laterBytes);
    Set<Place> parted = new HashSet<>();
    for (Parting parting : partings) {
      Place place = place(parting);
      if (!parted.add(place)) {
        continue; // From an earlier request of the conversation, and from another one.
      }
      boolean ofHistory = parting.site() == Site.MESSAGE && parting.inConversation();
      place.add(parting, number, ofHistory ? 0 : laterBytes, nowNanos);
    }
    if (!rewritten || nearer != null) {
      variants.remove(then);
    }
    variants.addFirst(now);
    if (variants.size() > MAX_VARIANTS) {
      variants.removeLast();
    }
    last = now;
    remember(before, now);
  }

  /** Whether prose differs, as it does between applications that share their rules. */
  private static boolean isRewritten(List<Parting> partings) {
    boolean rewritten = false;
    for (Parting parting : partings) {
      switch (parting.form()) {
        case TOOL_ORDER, KEY_ORDER, PASSAGE_ORDER -> {
          return false;
        }
        case TEXT, WORDS ->
            rewritten |= parting.site() != Site.MESSAGE && parting.length() >= PROSE_BYTES;
        default -> {}
      }
    }
    return rewritten;
  }

  /** A prompt of not long ago that has much more in common than the last one. */
  private @Nullable Outline nearer(Outline now) {
    Outline nearest = null;
    double least = 0.5 * last.sketch.differing(now.sketch);
    for (Outline variant : variants) {
      double differing = variant.sketch.differing(now.sketch);
      if (variant != last && differing <= least) {
        least = differing;
        nearest = variant;
      }
    }
    return nearest;
  }

  /**
   * The request that this one goes on with; of several, the longest, and rather one in which
   * nothing was changed, since users of other conversations say and hear the same at times.
   */
  private @Nullable Conversation before(History now) {
    Conversation best = null;
    boolean unchanged = false;
    for (Conversation conversation : conversations) {
      if (!now.continues(conversation.history)) {
        continue;
      }
      boolean same = now.beginsWith(conversation.history);
      if (best == null
          || (same && !unchanged)
          || (same == unchanged && conversation.history.length() > best.history.length())) {
        best = conversation;
        unchanged = same;
      }
    }
    return best;
  }

  /** Words of all prompts that are kept; those that several share count more than once. */
  int keptWords() {
    int words = 0;
    for (Outline variant : variants) {
      words += variant.tokens();
    }
    for (int i = 1; i < conversations.size(); i++) {
      for (Item message : conversations.get(i).messages) {
        words += message.tokens.length;
      }
    }
    return words;
  }

  /** Keeps but the last prompt's words. */
  void forgetWords() {
    variants.clear();
    variants.add(last);
    for (int i = 1; i < conversations.size(); i++) {
      conversations.get(i).messages = List.of();
    }
  }

  private Place place(Parting parting) {
    boolean ordered = parting.form() == Form.KEY_ORDER || parting.form() == Form.TOOL_ORDER;
    // Whichever tool it is: one cause writes them all.
    Key key =
        new Key(
            parting.site(),
            ordered && parting.site() == Site.TOOL ? 0 : parting.itemKey(),
            parting.anchor());
    Place known = places.get(key);
    if (known != null) {
      return known;
    }
    if (!ordered) {
      for (Place place : places.values()) {
        if (place.overlaps(parting)) {
          return place;
        }
      }
    }
    Place place = new Place(parting, salt);
    places.put(key, place);
    return place;
  }

  private void remember(@Nullable Conversation before, Outline outline) {
    List<Item> messages = Comparer.messages(outline);
    if (before == null) {
      conversations.addFirst(new Conversation(numbers++, outline.history, messages));
    } else {
      conversations.remove(before);
      before.history = outline.history;
      before.messages = messages;
      conversations.addFirst(before);
    }
    if (conversations.size() > MAX_CONVERSATIONS) {
      conversations.removeLast();
    }
    if (conversations.size() > MAX_WITH_WORDS) {
      conversations.get(MAX_WITH_WORDS).messages = List.of();
    }
  }

  private void fade(long nowNanos) {
    windowStartNanos += (nowNanos - windowStartNanos) / 2;
    requests /= 2;
    compared /= 2;
    acrossConversations /= 2;
    continued /= 2;
    sharedPreambles /= 2;
    places.values().forEach(Place::fade);
    places.values().removeIf(place -> place.partings < 0.25);
  }

  /** The outline to take items from, if it has this root. */
  @Nullable Outline withRoot(long rootHash) {
    return rootHash != 0 && last.rootHash == rootHash ? last : null;
  }
}
