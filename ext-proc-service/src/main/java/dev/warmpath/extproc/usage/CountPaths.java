package dev.warmpath.extproc.usage;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The places in a JSON object where counts stand: a trie over member names, as tables that {@link
 * JsonCounts} walks. Immutable.
 *
 * <p>Node {@link #ROOT} is the root object. Each node has members; a member leads to an inner node,
 * holds the count of a slot, or a text. Slots are numbered in the order of the paths, texts apart
 * from them.
 *
 * <p>A path may lead through an array of objects: {@code usage.details[ttl=5m].tokens} is the sum
 * of {@code tokens} over those elements of {@code details} whose {@code ttl} is the string {@code
 * 5m}. That is a node for the array and one for its elements, whose count goes to a slot of its own
 * until the element is complete.
 */
final class CountPaths {

  /** Members of an object that lie on no path. */
  static final int NONE = -1;

  /** The node of a whole document. */
  static final int ROOT = 0;

  private static final Pattern ELEMENTS = Pattern.compile("(\\w+)\\[(\\w+)=(\\w+)]");

  private final List<Node> nodes = new ArrayList<>();
  private final int slots;
  private int hiddenSlots;
  private int height = 1;
  private int longestName;

  /** Compiles paths of counts alone. */
  CountPaths(String... counts) {
    this(List.of(counts), List.of());
  }

  /**
   * Compiles paths, none of which may be the beginning of another.
   *
   * @param counts member names joined by dots, such as {@code usage.input_tokens}
   * @param texts the same, without arrays
   */
  CountPaths(List<String> counts, List<String> texts) {
    nodes.add(new Node(false));
    slots = counts.size();
    for (int slot = 0; slot < slots; slot++) {
      add(counts.get(slot), slot, false);
    }
    for (int text = 0; text < texts.size(); text++) {
      add(texts.get(text), text, true);
    }
  }

  private void add(String path, int number, boolean text) {
    String[] names = path.split("\\.", -1);
    int node = ROOT;
    int depth = names.length;
    int slot = number;
    for (int i = 0; i < names.length; i++) {
      Matcher elements = ELEMENTS.matcher(names[i]);
      if (elements.matches()) {
        depth++;
        node = inner(node, name(elements.group(1)), true);
        if (nodes.get(node).element == NONE) {
          nodes.add(new Node(false));
          nodes.get(node).element = nodes.size() - 1;
        }
        node = nodes.get(node).element;
        Node element = nodes.get(node);
        element.selections.add(new Selection(name(elements.group(3)), slot));
        if (element.hiddenSlot == NONE) {
          element.hiddenSlot = slots + hiddenSlots++;
          element.add(new Member(name(elements.group(2)), NONE, NONE, NONE, true));
        }
        slot = element.hiddenSlot;
      } else if (i < names.length - 1) {
        node = inner(node, name(names[i]), false);
      } else if (member(node, name(names[i])) == NONE) {
        nodes
            .get(node)
            .add(new Member(name(names[i]), NONE, text ? NONE : slot, text ? slot : NONE, false));
      }
    }
    height = Math.max(height, depth);
  }

  private byte[] name(String text) {
    longestName = Math.max(longestName, text.length());
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private int inner(int node, byte[] name, boolean array) {
    int known = member(node, name);
    if (known != NONE) {
      return child(node, known);
    }
    nodes.add(new Node(array));
    int added = nodes.size() - 1;
    nodes.get(node).add(new Member(name, added, NONE, NONE, false));
    return added;
  }

  private int member(int node, byte[] name) {
    return member(node, name, name.length);
  }

  /** Number of counts. */
  int slots() {
    return slots;
  }

  /** Number of counts, with those of elements that are not complete. */
  int allSlots() {
    return slots + hiddenSlots;
  }

  /** Objects and arrays that lie inside each other on the longest path. */
  int height() {
    return height;
  }

  /** Bytes of the longest member name or selecting text. */
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

  /**
   * The inner node that a member leads to, or {@link #NONE}; of an array the node of its elements.
   */
  int child(int node, int member) {
    Node parent = nodes.get(node);
    if (parent.array) {
      return parent.element;
    }
    return member == NONE ? NONE : parent.members.get(member).node;
  }

  /** Whether a node stands for an array and not for an object. */
  boolean isArray(int node) {
    return nodes.get(node).array;
  }

  /** The slot whose count a member holds, or {@link #NONE}. */
  int slot(int node, int member) {
    return nodes.get(node).members.get(member).slot;
  }

  /** The text that a member holds, or {@link #NONE}. */
  int text(int node, int member) {
    return nodes.get(node).members.get(member).text;
  }

  /** Whether a member's text selects what the element counts for. */
  boolean isSelector(int node, int member) {
    return nodes.get(node).members.get(member).selector;
  }

  /** The slot that an element with this text in its selector counts for, or {@link #NONE}. */
  int selected(int node, byte[] text, int length) {
    List<Selection> selections = nodes.get(node).selections;
    for (int i = 0; i < selections.size(); i++) {
      byte[] candidate = selections.get(i).text;
      if (Arrays.equals(candidate, 0, candidate.length, text, 0, length)) {
        return selections.get(i).slot;
      }
    }
    return NONE;
  }

  /**
   * An object of this node ends. If it is an element, what it counted goes to the selected slot, if
   * any; a sum that isn't believed is forgotten.
   */
  void endElement(int node, int selected, long[] counts) {
    int hidden = nodes.get(node).hiddenSlot;
    if (hidden == NONE) {
      return;
    }
    if (selected != NONE && counts[hidden] >= 0) {
      long sum = Math.max(counts[selected], 0) + counts[hidden];
      counts[selected] = sum <= Usage.MAX_TOKENS ? sum : Usage.UNKNOWN_TOKENS;
    }
    counts[hidden] = Usage.UNKNOWN_TOKENS;
  }

  /**
   * Forgets all counts below a member: it stands in the object once more, and the last one wins.
   */
  void clear(int node, int member, long[] counts) {
    Member cleared = nodes.get(node).members.get(member);
    if (cleared.slot != NONE) {
      counts[cleared.slot] = Usage.UNKNOWN_TOKENS;
    } else if (cleared.node != NONE) {
      clear(cleared.node, counts);
    }
  }

  private void clear(int node, long[] counts) {
    Node cleared = nodes.get(node);
    for (int i = 0; i < cleared.members.size(); i++) {
      clear(node, i, counts);
    }
    for (int i = 0; i < cleared.selections.size(); i++) {
      counts[cleared.selections.get(i).slot] = Usage.UNKNOWN_TOKENS;
    }
    if (cleared.element != NONE) {
      clear(cleared.element, counts);
    }
  }

  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record Member(byte[] name, int node, int slot, int text, boolean selector) {}

  /** What the elements with one text in their selector count for. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record Selection(byte[] text, int slot) {}

  private static final class Node {
    final boolean array;
    final List<Member> members = new ArrayList<>();

    /** Of an array: the node of its elements. */
    int element = NONE;

    /** Of elements: where the count of the open one stands, and what it can be added to. */
    int hiddenSlot = NONE;

    final List<Selection> selections = new ArrayList<>();

    Node(boolean array) {
      this.array = array;
    }

    void add(Member member) {
      members.add(member);
    }
  }
}
