package dev.warmpath.controlplane.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import java.util.EnumMap;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ResourcesTest {
  @Test
  void version_knownContent_isTheSameInEveryJvm() {
    // SHA-256 over 00000000, 00000001 "a", 00000001 "t", 00000001 "1".
    assertThat(Resources.of(resources("a", "1")).version())
        .isEqualTo("fb243c42c6752c510fb46502335b2650fc32f405d2051e46313f870d597b67b3");
  }

  @Test
  void version_anyDifference_differs() {
    assertThat(
            List.of(
                Resources.of(resources("a", "1")).version(),
                Resources.of(resources("a", "2")).version(),
                Resources.of(resources("b", "1")).version(),
                Resources.of(resources("a", "1", "b", "")).version(),
                Resources.of(resources("a", "", "b", "1")).version(),
                Resources.salted("salt", resources("a", "1")).version(),
                Resources.of(new TreeMap<>()).version()))
        .doesNotHaveDuplicates();
  }

  @Test
  void only_someNames_haveTheVersionOfWhatTheyAre() {
    Resources all = Resources.salted("s", resources("a", "1", "b", "2"));

    assertThat(all.only(List.of("a", "b", "c"))).isSameAs(all);
    assertThat(all.only(List.of("a", "c")).version())
        .isEqualTo(Resources.salted("s", resources("a", "1")).version());
    assertThat(all.only(List.of()).byName()).isEmpty();
  }

  @Test
  void snapshot_withoutClusters_isRefused() {
    var resources = new EnumMap<XdsType, Resources>(XdsType.class);
    for (XdsType type : XdsType.values()) {
      resources.put(type, Resources.of(resources("a", "1")));
    }
    resources.put(XdsType.CLUSTER, Resources.of(new TreeMap<>()));

    assertThatThrownBy(() -> new Snapshot(resources))
        .hasMessage("CLUSTER: empty (expected: at least one resource)");
    resources.remove(XdsType.CLUSTER);
    assertThatThrownBy(() -> new Snapshot(resources))
        .hasMessage("CLUSTER: none (expected: resources of every type)");
  }

  private static SortedMap<String, Any> resources(String... namesAndValues) {
    var map = new TreeMap<String, Any>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      map.put(
          namesAndValues[i],
          Any.newBuilder()
              .setTypeUrl("t")
              .setValue(ByteString.copyFromUtf8(namesAndValues[i + 1]))
              .build());
    }
    return map;
  }
}
