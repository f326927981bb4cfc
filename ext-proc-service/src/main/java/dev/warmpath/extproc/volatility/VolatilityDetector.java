package dev.warmpath.extproc.volatility;

import dev.warmpath.extproc.prompt.Prompt;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Finds out why prefixes do not repeat: compares each prompt with the one before it of the same
 * application and counts where they part. What parts in its nature is no finding: what users say, a
 * conversation that grows, another application, a prompt that was changed once.
 *
 * <p>Prompts are of one application if their tools and system prompts share most triples of
 * neighbouring words ({@link Sketch}); where there is neither, what the user says counts. A prompt
 * that is like none is compared with one that begins alike, or has the same few words. Per
 * application one {@link Outline} is kept, which holds no text, and the messages of a few
 * conversations.
 *
 * <p>Bounded by {@link DetectorSettings}. Not thread-safe: one owner.
 */
public final class VolatilityDetector {

  private record ScopeKey(String route, String scope, String model) {}

  private record Found(Shape.Key place, Finding finding) {}

  /** Applications of one route and scope, the one seen last first. */
  private static final class Scope {
    final List<Shape> shapes = new ArrayList<>();

    /** Those that are told by little: where more than a place or two differs in each request. */
    final List<Shape> loose = new ArrayList<>();

    double bytesPerToken = 4;
    double usdPerMillionLost = Double.NaN;
  }

  private final DetectorSettings settings;
  private final long salt;
  private final Outliner outliner;
  private final Comparer comparer = new Comparer();

  private final LinkedHashMap<ScopeKey, Scope> scopes =
      new LinkedHashMap<>(16, 0.75f, /* accessOrder= */ true);
  private long keptWords;

  /**
   * @param seed random and secret: without it nobody can try words against what is kept
   */
  public VolatilityDetector(DetectorSettings settings, long seed) {
    this.settings = settings;
    salt = (seed * 0x9E3779B97F4A7C15L) ^ (seed >>> 7);
    outliner = new Outliner(seed, settings.maxWords());
  }

  /**
   * A prompt has come.
   *
   * @param prompt {@linkplain Prompt#decodeInto decoded}
   * @param nowNanos of a clock that never goes back; always the same where there is none
   */
  public void observe(Arrival arrival, Prompt prompt, long nowNanos) {
    if (!prompt.isDecoded()) {
      throw new IllegalArgumentException("prompt: canonical text (expected: decoded)");
    }
    Scope scope =
        scopes.computeIfAbsent(
            new ScopeKey(arrival.route(), arrival.scope(), arrival.model()), _ -> new Scope());
    scope.bytesPerToken = arrival.bytesPerToken();
    scope.usdPerMillionLost = arrival.usdPerMillionLost();
    long rootHash = outliner.rootHash(prompt);
    Shape shape = withRoot(scope, rootHash);
    Outline now;
    if (shape != null) {
      now = outliner.outline(prompt, shape.last());
    } else {
      Outline like = scope.shapes.isEmpty() ? null : scope.shapes.getFirst().last();
      now = outliner.outline(prompt, like);
      Sketch own = now.sketch;
      shape = most(scope.shapes, sketch -> sketch.likeness(own));
    }
    boolean isNew = shape == null;
    if (shape == null) {
      add(scope.shapes, new Shape(now, arrival.requests(), salt, settings.maxPlaces(), nowNanos));
    } else {
      arrive(scope.shapes, shape, prompt, now, arrival, nowNanos);
    }
    if (isNew || now.sketch.ofMessage()) {
      loosely(scope, prompt, now, arrival, nowNanos);
    }
    bound(scope);
  }

  /** Compares a prompt that is like none, or told by users' words, with one that is related. */
  private void loosely(Scope scope, Prompt prompt, Outline now, Arrival arrival, long nowNanos) {
    Shape related = most(scope.loose, sketch -> sketch.relation(now.sketch));
    if (related == null) {
      add(scope.loose, new Shape(now, arrival.requests(), salt, settings.maxPlaces(), nowNanos));
    } else {
      arrive(scope.loose, related, prompt, now, arrival, nowNanos);
    }
  }

  private void add(List<Shape> shapes, Shape shape) {
    shapes.addFirst(shape);
    keptWords += shape.keptWords();
  }

  private void arrive(
      List<Shape> shapes, Shape shape, Prompt prompt, Outline now, Arrival arrival, long nowNanos) {
    long before = shape.keptWords();
    try {
      shape.arrive(prompt, now, comparer, arrival.requests(), settings.windowNanos(), nowNanos);
    } finally {
      keptWords += shape.keptWords() - before;
    }
    shapes.remove(shape);
    shapes.addFirst(shape);
  }

  private static @Nullable Shape withRoot(Scope scope, long rootHash) {
    for (Shape shape : scope.shapes) {
      if (shape.withRoot(rootHash) != null) {
        return shape;
      }
    }
    return null;
  }

  /** The shape of which most is true; null: of none anything is. */
  private static @Nullable Shape most(List<Shape> shapes, ToDoubleFunction<Sketch> measure) {
    Shape found = null;
    double most = 0;
    for (Shape shape : shapes) {
      double value = measure.applyAsDouble(shape.last().sketch);
      if (value > most) {
        most = value;
        found = shape;
      }
    }
    return found;
  }

  private void bound(Scope current) {
    while (current.shapes.size() > settings.maxShapes()) {
      forgetLast(current.shapes);
    }
    while (current.loose.size() > settings.maxShapes()) {
      forgetLast(current.loose);
    }
    Iterator<Scope> oldest = scopes.values().iterator();
    int size = scopes.size();
    while (size > settings.maxScopes()) {
      forget(oldest.next());
      oldest.remove();
      size--;
    }
    while (keptWords > settings.maxKeptWords() && oldest.hasNext()) {
      Scope scope = oldest.next();
      while (keptWords > settings.maxKeptWords() && !scope.loose.isEmpty()) {
        forgetLast(scope.loose);
      }
      int keep = scope == current ? 1 : 0;
      while (keptWords > settings.maxKeptWords() && scope.shapes.size() > keep) {
        forgetLast(scope.shapes);
      }
      if (scope.shapes.isEmpty()) {
        oldest.remove();
      }
    }
    if (keptWords > settings.maxKeptWords()) {
      Shape last = current.shapes.getFirst();
      keptWords -= last.keptWords();
      last.forgetWords();
      keptWords += last.keptWords();
    }
  }

  private void forgetLast(List<Shape> shapes) {
    keptWords -= shapes.removeLast().keptWords();
  }

  private void forget(Scope scope) {
    while (!scope.loose.isEmpty()) {
      forgetLast(scope.loose);
    }
    while (!scope.shapes.isEmpty()) {
      forgetLast(scope.shapes);
    }
  }

  /** Words that are kept, of all prompts; {@link DetectorSettings#maxKeptWords()} bounds them. */
  public long keptWords() {
    return keptWords;
  }

  /** What was found so far, the dearest first. */
  public List<Finding> findings() {
    List<Finding> findings = new ArrayList<>();
    scopes.forEach(
        (key, scope) -> {
          List<Found> ofScope = new ArrayList<>();
          for (Shape shape : scope.shapes) {
            find(key, scope, shape, ofScope);
          }
          for (Shape shape : scope.loose) {
            List<Found> loose = new ArrayList<>();
            find(key, scope, shape, loose);
            loose.removeIf(found -> !countsWhereMuchDiffers(found.finding));
            loose.forEach(found -> merge(ofScope, found.place, found.finding));
          }
          ofScope.forEach(found -> findings.add(found.finding));
        });
    findings.sort(
        Comparator.comparingDouble(Finding::tokensLostPerRequest)
            .reversed()
            .thenComparing(Finding::name));
    return findings;
  }

  private void find(ScopeKey key, Scope scope, Shape shape, List<Found> found) {
    List<Found> ofShape = new ArrayList<>();
    shape
        .places()
        .forEach(
            (at, place) -> {
              VolatileKind kind =
                  place.kind(
                      shape.compared(place),
                      shape.acrossConversations(),
                      shape.hasPreamble(),
                      settings.minPartings());
              if (kind != null) {
                join(ofShape, at, finding(key, scope, shape, place, kind));
              }
            });
    ofShape.forEach(one -> merge(found, one.place, one.finding));
  }

  /**
   * Whether it is a finding though prompts are only related: what differs without a name may be
   * what tells two applications apart, and values in messages may be those of users.
   */
  private static boolean countsWhereMuchDiffers(Finding finding) {
    return switch (finding.kind()) {
      case UNKNOWN -> false;
      case TIME_STAMP, DATE, UUID, COUNTER, RANDOM_ID, USER_NAME -> finding.site() != Site.MESSAGE;
      case TOOL_ORDER, SCHEMA_KEY_ORDER, RETRIEVAL_ORDER, IMAGE_TOGGLED, PARAMETER -> true;
    };
  }

  /** Two parts of one value, as of a name, are one finding. */
  private static void join(List<Found> all, Shape.Key place, Finding finding) {
    for (int i = 0; i < all.size(); i++) {
      Finding known = all.get(i).finding;
      if (known.kind() == finding.kind() && near(known, finding)) {
        boolean isMore = known.requests() * known.share() < finding.requests() * finding.share();
        Finding more = isMore ? finding : known;
        Finding other = isMore ? known : finding;
        all.set(i, new Found(isMore ? place : all.get(i).place, more.spanning(other)));
        return;
      }
    }
    all.add(new Found(place, finding));
  }

  private static boolean near(Finding one, Finding other) {
    return one.site() == other.site()
        && one.segment() == other.segment()
        && Math.abs(one.offset() - other.offset()) < Place.NEAR_BYTES;
  }

  /** Of one template that was changed elsewhere, only the form that was seen more often. */
  private static void merge(List<Found> all, Shape.Key place, Finding finding) {
    for (int i = 0; i < all.size(); i++) {
      Finding known = all.get(i).finding;
      if (known.kind() == finding.kind()
          && (near(known, finding) || all.get(i).place.equals(place))) {
        if (known.requests() * known.share() < finding.requests() * finding.share()) {
          all.set(i, new Found(place, finding));
        }
        return;
      }
    }
    all.add(new Found(place, finding));
  }

  private static Finding finding(
      ScopeKey key, Scope scope, Shape shape, Place place, VolatileKind kind) {
    double lostPerRequest = place.lostBytes / scope.bytesPerToken / Math.max(1, shape.compared());
    double perHour = lostPerRequest * shape.requestsPerHour();
    double usd = perHour * scope.usdPerMillionLost / 1e6;
    return new Finding(
        key.route(),
        key.model(),
        kind,
        place.site,
        place.segment,
        place.index,
        place.parameter,
        place.offset(),
        place.length(),
        Math.round(shape.compared()),
        Math.min(1, place.partings / Math.max(1, shape.compared(place))),
        lostPerRequest,
        known(perHour),
        known(usd));
  }

  private static OptionalDouble known(double value) {
    return Double.isNaN(value) ? OptionalDouble.empty() : OptionalDouble.of(value);
  }
}
