package dev.warmpath.extproc.usage;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The places in a JSON object where counts stand: a trie over member names, as tables that {@link
 * JsonCounts} walks. Immutable.
 *
 * <p>Node 0 is the root object. Each node has members; a member leads to an inner node or holds the
 * count of a slot. Slots are numbered in the order of the paths.
 */
final class CountPaths {

  /** Members of an object that lie on no path. */
  static final int NONE = -1;

  private final List<Node> nodes = new ArrayList<>();
  private final int slots;
  private int height = 1;
  private int longestName;

  /**
   * Compiles paths, none of which may be the beginning of another.
   *
   * @param paths member names joined by dots, such as {@code usage.input_tokens}
   */
  CountPaths(String... paths) {
    nodes.add(new Node());
    slots = paths.length;
    for (int slot = 0; slot < paths.length; slot++) {
      String[] names = paths[slot].split("\\.", -1);
      int node = 0;
      for (int i = 0; i < names.length; i++) {
        byte[] name = names[i].getBytes(StandardCharsets.US_ASCII);
        longestName = Math.max(longestName, name.length);
        if (i == names.length - 1) {
          nodes.get(node).add(new Member(name, NONE, slot));
        } else {
          node = inner(node, name);
        }
      }
      height = Math.max(height, names.length);
    }
  }

  private int inner(int node, byte[] name) {
    for (Member member : nodes.get(node).members) {
      if (Arrays.equals(member.name, name)) {
        return member.node;
      }
    }
    nodes.add(new Node());
    int added = nodes.size() - 1;
    nodes.get(node).add(new Member(name, added, NONE));
    return added;
  }

  /** Number of paths. */
  int slots() {
    return slots;
  }

  /** Objects that lie inside each other on the longest path. */
  int height() {
    return height;
  }

  /** Bytes of the longest member name. */
  int longestName() {
    return longestName;
  }

  /** The member of an object by its decoded name, or {@link #NONE}. */
  int member(int node, byte[] name, int length) {
    List<Member> members = nodes.get(node).members;
    for (int i = 0; i < members.size(); i++) {
      byte[] candidate = members.get(i).name;
      if (Arrays.equals(candidate, 0, candidate.length, name, 0, length)) {
        return i;
      }
    }
    return NONE;
  }

  /** The inner node that a member leads to, or {@link #NONE}. */
  int child(int node, int member) {
    return nodes.get(node).members.get(member).node;
  }

  /** The slot whose count a member holds, or {@link #NONE}. */
  int slot(int node, int member) {
    return nodes.get(node).members.get(member).slot;
  }

  /**
   * Forgets all counts below a member: it stands in the object once more, and the last one wins.
   */
  void clear(int node, int member, long[] counts) {
    Member cleared = nodes.get(node).members.get(member);
    if (cleared.slot != NONE) {
      counts[cleared.slot] = Usage.UNKNOWN_TOKENS;
    } else {
      for (int i = 0; i < nodes.get(cleared.node).members.size(); i++) {
        clear(cleared.node, i, counts);
      }
    }
  }

  private static final class Member {
    final byte[] name;
    final int node;
    final int slot;

    Member(byte[] name, int node, int slot) {
      this.name = name;
      this.node = node;
      this.slot = slot;
    }
  }

  private static final class Node {
    final List<Member> members = new ArrayList<>();

    void add(Member member) {
      members.add(member);
    }
  }
}
