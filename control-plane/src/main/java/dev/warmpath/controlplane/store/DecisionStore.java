package dev.warmpath.controlplane.store;

import com.google.protobuf.TextFormat;
import com.google.protobuf.TextFormat.ParseException;
import dev.warmpath.controlplane.loop.EndpointName;
import dev.warmpath.controlplane.loop.LoopName;
import dev.warmpath.controlplane.loop.Standing;
import dev.warmpath.controlplane.snapshot.Decisions;
import dev.warmpath.controlplane.snapshot.HashKey;
import dev.warmpath.store.v1.EndpointWeight;
import dev.warmpath.store.v1.RouteHashKey;
import java.io.IOException;
import java.util.Collection;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Keeps what loops and operators decided. Each save is on the disk when it returns. What can't be
 * read any more is never passed over in silence: the caller learns of it, and gets the state before
 * the last change if that one is whole. Not thread-safe: one writer.
 */
public final class DecisionStore {

  /** Fields of a newer version are passed over, so that a downgrade keeps what it understands. */
  private static final TextFormat.Parser PARSER =
      TextFormat.Parser.newBuilder().setAllowUnknownFields(true).build();

  private final CheckedFile file;

  DecisionStore(CheckedFile file) {
    this.file = file;
  }

  /** What was kept. */
  public sealed interface Loaded {
    /** Nothing: this is the first start. */
    record Fresh() implements Loaded {}

    /** The last saved state. */
    record Last(Standing standing) implements Loaded {}

    /** The state before the last saved one, and what is wrong with the last. */
    record Previous(Standing standing, String fault) implements Loaded {}

    /** There was something, and nothing of it can be used. */
    record Lost(String fault) implements Loaded {}
  }

  /** Reads what was kept. */
  public Loaded load() {
    Loaded last = understand(file.read());
    if (!(last instanceof Loaded.Lost(String fault))) {
      return last instanceof Loaded.Fresh ? withoutFile() : last;
    }
    return switch (understand(file.readPrevious())) {
      case Loaded.Last(Standing standing) -> new Loaded.Previous(standing, fault);
      case Loaded.Previous previous -> previous;
      case Loaded.Lost(String second) -> new Loaded.Lost(fault + "; " + second);
      case Loaded.Fresh() -> new Loaded.Lost(fault);
    };
  }

  /** No file although there was one: somebody removed it. */
  private Loaded withoutFile() {
    return switch (understand(file.readPrevious())) {
      case Loaded.Last(Standing standing) ->
          new Loaded.Previous(standing, file.path() + ": is gone, its predecessor isn't");
      case Loaded.Previous previous -> previous;
      case Loaded.Lost lost -> lost;
      case Loaded.Fresh fresh -> fresh;
    };
  }

  /** Saves a state; when this returns it is on the disk. */
  public void save(Standing standing) throws IOException {
    file.write(TextFormat.printer().printToString(message(standing)));
  }

  private Loaded understand(CheckedFile.Content content) {
    return switch (content) {
      case CheckedFile.Content.Absent() -> new Loaded.Fresh();
      case CheckedFile.Content.Broken(String fault) -> new Loaded.Lost(fault);
      case CheckedFile.Content.Whole(String text) -> {
        try {
          yield new Loaded.Last(standing(text));
        } catch (ParseException | IllegalArgumentException e) {
          yield new Loaded.Lost(file.path() + ": " + e.getMessage());
        }
      }
    };
  }

  private static dev.warmpath.store.v1.Standing message(Standing standing) {
    var message = dev.warmpath.store.v1.Standing.newBuilder().setVersion(standing.version());
    standing
        .weights()
        .forEach(
            (endpoint, weight) ->
                message.addWeights(
                    EndpointWeight.newBuilder().setEndpoint(message(endpoint)).setWeight(weight)));
    standing.unhealthy().forEach(endpoint -> message.addUnhealthy(message(endpoint)));
    standing
        .hashKeys()
        .forEach(
            (route, key) ->
                message.addHashKeys(
                    RouteHashKey.newBuilder().setRoute(route).setHashKey(key.name())));
    standing.drained().forEach(endpoint -> message.addDrained(message(endpoint)));
    standing.frozen().forEach(loop -> message.addFrozenLoops(loop.label()));
    return message.build();
  }

  private static dev.warmpath.store.v1.EndpointName message(EndpointName name) {
    return dev.warmpath.store.v1.EndpointName.newBuilder()
        .setPool(name.pool())
        .setId(name.id())
        .build();
  }

  private static Standing standing(String text) throws ParseException {
    var message = dev.warmpath.store.v1.Standing.newBuilder();
    PARSER.merge(text, message);
    var weights = new TreeMap<EndpointName, Integer>();
    for (EndpointWeight weight : message.getWeightsList()) {
      if (weight.getWeight() < 1 || weight.getWeight() > Decisions.MAX_WEIGHT) {
        throw new IllegalArgumentException(
            "weight: " + weight.getWeight() + " (expected: 1 to " + Decisions.MAX_WEIGHT + ")");
      }
      weights.put(name(weight.getEndpoint()), weight.getWeight());
    }
    var hashKeys = new TreeMap<String, HashKey>();
    message
        .getHashKeysList()
        .forEach(key -> hashKeys.put(key.getRoute(), HashKey.valueOf(key.getHashKey())));
    var frozen = new TreeSet<LoopName>();
    message.getFrozenLoopsList().forEach(label -> LoopName.of(label).ifPresent(frozen::add));
    return new Standing(
        message.getVersion(),
        weights,
        names(message.getUnhealthyList()),
        hashKeys,
        names(message.getDrainedList()),
        frozen);
  }

  private static SortedSet<EndpointName> names(
      Collection<dev.warmpath.store.v1.EndpointName> messages) {
    var names = new TreeSet<EndpointName>();
    messages.forEach(message -> names.add(name(message)));
    return names;
  }

  private static EndpointName name(dev.warmpath.store.v1.EndpointName message) {
    return new EndpointName(message.getPool(), message.getId());
  }
}
