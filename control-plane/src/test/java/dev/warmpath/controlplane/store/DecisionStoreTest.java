package dev.warmpath.controlplane.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import dev.warmpath.controlplane.loop.Change;
import dev.warmpath.controlplane.loop.EndpointName;
import dev.warmpath.controlplane.loop.LoopName;
import dev.warmpath.controlplane.loop.Standing;
import dev.warmpath.controlplane.snapshot.HashKey;
import dev.warmpath.controlplane.snapshot.Health;
import dev.warmpath.controlplane.store.DecisionStore.Loaded;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DecisionStoreTest {
  private static final EndpointName A = new EndpointName("chat", "a:1 \"quoted\"");

  @TempDir private Path directory;

  @Test
  void store_firstStart_isFresh() {
    assertThat(store().load()).isEqualTo(new Loaded.Fresh());
  }

  @Test
  void standing_saved_isLoadedWhole() throws IOException {
    store().save(everything());
    assertThat(store().load()).isEqualTo(new Loaded.Last(everything()));
  }

  @Test
  void standing_broken_givesThePreviousAndSaysSo() throws IOException {
    store().save(everything());
    store().save(everything().withDrain(A, false));
    Files.writeString(path(), "warm");
    assertThat(store().load())
        .asInstanceOf(type(Loaded.Previous.class))
        .satisfies(
            previous -> {
              assertThat(previous.standing()).isEqualTo(everything());
              assertThat(previous.fault()).contains("decisions").contains("expected");
            });
  }

  @Test
  void standing_removed_givesThePreviousAndSaysSo() throws IOException {
    store().save(everything());
    store().save(everything().withDrain(A, false));
    Files.delete(path());
    assertThat(store().load()).isInstanceOf(Loaded.Previous.class);
  }

  @Test
  void standing_andItsPreviousBroken_isLostAndNotFresh() throws IOException {
    store().save(everything());
    store().save(everything().withDrain(A, false));
    Files.writeString(path(), "x");
    Files.writeString(directory.resolve("decisions.previous"), "y");
    assertThat(store().load()).isInstanceOf(Loaded.Lost.class);
  }

  @Test
  void standing_wholeButNonsense_isLost() throws IOException {
    new CheckedFile(path()).write("weights { weight: 0 }");
    assertThat(store().load())
        .asInstanceOf(type(Loaded.Lost.class))
        .extracting(Loaded.Lost::fault)
        .asString()
        .contains("weight: 0 (expected: 1 to 100000)");
    new CheckedFile(path()).write("hash_keys { route: 'r' hash_key: 'SOMETHING' }");
    assertThat(store().load()).isNotInstanceOf(Loaded.Last.class);
    new CheckedFile(path()).write("version: nonsense");
    assertThat(store().load()).isNotInstanceOf(Loaded.Last.class);
  }

  @Test
  void standing_ofANewerVersion_isUnderstoodAsFarAsPossible() throws IOException {
    new CheckedFile(path()).write("version: 9\nsomething_new { x: 1 }\nfrozen_loops: 'later'\n");
    assertThat(store().load())
        .asInstanceOf(type(Loaded.Last.class))
        .satisfies(
            last -> {
              assertThat(last.standing().version()).isEqualTo(9);
              assertThat(last.standing().frozen()).isEmpty();
            });
  }

  private static Standing everything() {
    var weights = new TreeMap<String, Integer>();
    weights.put(A.id(), 1200);
    return Standing.NONE
        .with(new Change.Weights("chat", weights, weights))
        .with(new Change.EndpointHealth(A, Health.HEALTHY, Health.UNHEALTHY))
        .with(new Change.RouteHashKey("r", HashKey.CONVERSATION, HashKey.ROOT))
        .withDrain(A, true)
        .withFreeze(LoopName.HASH_KEY, true);
  }

  private DecisionStore store() {
    return new DecisionStore(new CheckedFile(path()));
  }

  private Path path() {
    return directory.resolve("decisions");
  }
}
