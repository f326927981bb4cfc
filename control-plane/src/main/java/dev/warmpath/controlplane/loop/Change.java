package dev.warmpath.controlplane.loop;

import dev.warmpath.controlplane.snapshot.HashKey;
import dev.warmpath.controlplane.snapshot.Health;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/** One thing that is decided otherwise than before. */
public sealed interface Change {

  /** What is changed, as the audit names it. */
  String subject();

  /** What was in force. */
  String before();

  /** What is to be in force. */
  String after();

  /** The weights of all endpoints of a pool, by the endpoint's id. */
  record Weights(
      String pool, SortedMap<String, Integer> current, SortedMap<String, Integer> proposed)
      implements Change {
    public Weights {
      current = Collections.unmodifiableSortedMap(new TreeMap<>(current));
      proposed = Collections.unmodifiableSortedMap(new TreeMap<>(proposed));
    }

    @Override
    public String subject() {
      return pool;
    }

    @Override
    public String before() {
      return current.toString();
    }

    @Override
    public String after() {
      return proposed.toString();
    }
  }

  /** An endpoint's health: {@link Health#HEALTHY} or {@link Health#UNHEALTHY}. */
  record EndpointHealth(EndpointName endpoint, Health current, Health proposed) implements Change {
    @Override
    public String subject() {
      return endpoint.toString();
    }

    @Override
    public String before() {
      return current.toString();
    }

    @Override
    public String after() {
      return proposed.toString();
    }
  }

  /** A route's hash key. */
  record RouteHashKey(String route, HashKey current, HashKey proposed) implements Change {
    @Override
    public String subject() {
      return route;
    }

    @Override
    public String before() {
      return current.toString();
    }

    @Override
    public String after() {
      return proposed.toString();
    }
  }
}
