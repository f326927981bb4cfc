package dev.warmpath.extproc.prompt;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** Changes to a tree, at random, that leave it JSON. */
public final class JsonMutations {

  private static final List<Json> STRANGE =
      List.of(
          new Json.Raw("null"),
          new Json.Raw("true"),
          new Json.Raw("false"),
          new Json.Raw("7"),
          new Json.Raw("-1.5"),
          new Json.Str(""),
          new Json.Str("text"),
          new Json.Str("message"),
          new Json.Str("\ud800"),
          new Json.Arr(List.of()),
          new Json.Arr(List.of(new Json.Obj(List.of()))),
          new Json.Obj(List.of()));

  private JsonMutations() {}

  /** With one change somewhere: a member or element gone, twice, replaced, renamed or moved. */
  public static Json mutated(Json tree, Json from, Random random) {
    List<Json> inner = nodes(tree).stream().filter(JsonMutations::hasContent).toList();
    if (inner.isEmpty()) {
      return tree;
    }
    Json at = inner.get(random.nextInt(inner.size()));
    return replaced(tree, at, changed(at, nodes(from), random));
  }

  /** With one member somewhere given twice, the second time with any value. */
  public static Json withMemberTwice(Json tree, Random random) {
    List<Json> objects =
        nodes(tree).stream().filter(n -> n instanceof Json.Obj && hasContent(n)).toList();
    Json.Obj at = (Json.Obj) objects.get(random.nextInt(objects.size()));
    List<Json.Member> members = new ArrayList<>(at.members());
    Json.Member twice = members.get(random.nextInt(members.size()));
    Json value = random.nextBoolean() ? twice.value() : STRANGE.get(random.nextInt(2));
    members.add(random.nextInt(members.size() + 1), new Json.Member(twice.name(), value));
    return replaced(tree, at, new Json.Obj(members));
  }

  private static Json changed(Json at, List<Json> others, Random random) {
    return switch (at) {
      case Json.Obj(List<Json.Member> before) -> {
        List<Json.Member> members = new ArrayList<>(before);
        int index = random.nextInt(members.size());
        Json.Member member = members.get(index);
        switch (random.nextInt(6)) {
          case 0 -> members.remove(index);
          case 1 -> members.add(random.nextInt(members.size() + 1), member);
          case 2 -> members.set(index, new Json.Member(member.name(), any(others, random)));
          case 3 -> members.add(index, new Json.Member(name(others, random), member.value()));
          case 4 -> members.set(index, new Json.Member(name(others, random), member.value()));
          default -> Collections.shuffle(members, random);
        }
        yield new Json.Obj(members);
      }
      case Json.Arr(List<Json> before) -> {
        List<Json> elements = new ArrayList<>(before);
        int index = random.nextInt(elements.size());
        switch (random.nextInt(3)) {
          case 0 -> elements.remove(index);
          case 1 -> elements.add(index, any(others, random));
          default -> elements.set(index, any(others, random));
        }
        yield new Json.Arr(elements);
      }
      case Json.Str _, Json.Raw _ -> at;
    };
  }

  private static Json any(List<Json> others, Random random) {
    return random.nextBoolean()
        ? STRANGE.get(random.nextInt(STRANGE.size()))
        : others.get(random.nextInt(others.size()));
  }

  private static String name(List<Json> others, Random random) {
    List<String> names =
        others.stream()
            .filter(Json.Obj.class::isInstance)
            .flatMap(o -> ((Json.Obj) o).members().stream())
            .map(Json.Member::name)
            .toList();
    return names.isEmpty() ? "x" : names.get(random.nextInt(names.size()));
  }

  private static boolean hasContent(Json node) {
    return switch (node) {
      case Json.Obj(List<Json.Member> members) -> !members.isEmpty();
      case Json.Arr(List<Json> elements) -> !elements.isEmpty();
      case Json.Str _, Json.Raw _ -> false;
    };
  }

  private static List<Json> nodes(Json tree) {
    List<Json> all = new ArrayList<>(List.of(tree));
    switch (tree) {
      case Json.Obj(List<Json.Member> members) ->
          members.forEach(m -> all.addAll(nodes(m.value())));
      case Json.Arr(List<Json> elements) -> elements.forEach(e -> all.addAll(nodes(e)));
      case Json.Str _, Json.Raw _ -> {}
    }
    return all;
  }

  @SuppressWarnings("ReferenceEquality") // this node, not one that is like it
  private static Json replaced(Json tree, Json node, Json by) {
    if (tree == node) {
      return by;
    }
    return switch (tree) {
      case Json.Obj(List<Json.Member> members) ->
          new Json.Obj(
              members.stream()
                  .map(m -> new Json.Member(m.name(), replaced(m.value(), node, by)))
                  .toList());
      case Json.Arr(List<Json> elements) ->
          new Json.Arr(elements.stream().map(e -> replaced(e, node, by)).toList());
      case Json.Str _, Json.Raw _ -> tree;
    };
  }
}
