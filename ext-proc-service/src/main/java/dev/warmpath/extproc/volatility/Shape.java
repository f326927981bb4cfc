package dev.warmpath.extproc.volatility;

import dev.warmpath.extproc.prompt.Prompt;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One application: the outline of its last prompt, with which the next one is compared, and the
 * places at which its prompts parted. Mutable, one owner.
 */
final class Shape {

  /** Conversations whose last request is remembered. */
  private static final int MAX_CONVERSATIONS = 64;

  /** Same thing in each conversation: its rank tells the place. */
  private static final long IMAGE_ANCHOR = 0x1A6EL;

  /** Of a place: what it belongs to and the words before it. */
  record Key(Site site, long itemKey, long anchor) {}

  /** What the last request of a conversation held. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record Conversation(
      int firstMessage, long[] messages, long[] images, int[] imageOffsets, int laterBytes) {}

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
  private final Map<Long, Conversation> conversations = new Bounded<>(MAX_CONVERSATIONS);
  private Outline last;

  /** Requests that were compared, and those whose conversation was another than the one before. */
  private double compared;

  private double acrossConversations;

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
    remember(first);
  }

  Outline last() {
    return last;
  }

  double compared() {
    return compared;
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
    return place.site == Site.MESSAGE ? Math.max(acrossConversations, 1) : compared;
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
    Conversation before = conversations.get(now.conversation);
    List<Parting> partings = comparer.compare(last, now, prompt);
    if (now.conversation != last.conversation) {
      acrossConversations++;
      sharedPreambles += comparer.preambleShared() ? 1 : 0;
    }
    long laterBytes = before == null ? 0 : Math.min(before.laterBytes, now.laterBytes);
    for (Parting parting : partings) {
      place(parting).add(parting, now.conversation, laterBytes, nowNanos);
    }
    if (before != null) {
      images(before, now, nowNanos);
    }
    last = now;
    remember(now);
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

  /** Messages of the same conversation whose images came or went. */
  private void images(Conversation before, Outline now, long nowNanos) {
    int common = Math.min(before.messages.length, now.messages.length);
    for (int i = 0; i < common; i++) {
      if (before.messages[i] != now.messages[i]) {
        return;
      }
      if (before.images[i] != now.images[i]) {
        int segment = now.firstMessage + i;
        Parting parting =
            new Parting(
                Site.MESSAGE,
                segment,
                i,
                i,
                "",
                IMAGE_ANCHOR,
                now.images[i] == 0 ? before.imageOffsets[i] : now.imageOffsets[i],
                1,
                Form.IMAGE,
                Cue.NONE,
                false,
                0,
                now.images[i],
                0,
                before.laterBytes,
                /* inConversation= */ true);
        place(parting).add(parting, now.conversation, 0, nowNanos);
        return;
      }
    }
  }

  private void remember(Outline outline) {
    conversations.put(
        outline.conversation,
        new Conversation(
            outline.firstMessage,
            outline.messages,
            outline.images,
            outline.imageOffsets,
            outline.laterBytes));
  }

  private void fade(long nowNanos) {
    windowStartNanos += (nowNanos - windowStartNanos) / 2;
    requests /= 2;
    compared /= 2;
    acrossConversations /= 2;
    sharedPreambles /= 2;
    places.values().forEach(Place::fade);
    places.values().removeIf(place -> place.partings < 0.25);
  }

  /** The outline to take items from, if it has this root. */
  @Nullable Outline withRoot(long rootHash) {
    return rootHash != 0 && last.rootHash == rootHash ? last : null;
  }
}
