package dev.warmpath.extproc.prompt;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ParameterTest {

  @ParameterizedTest
  @EnumSource(Parameter.Position.class)
  void parameters_ofAPosition_standSideBySide(Parameter.Position position) {
    List<Parameter> all = Arrays.asList(Parameter.values());

    assertThat(all.subList(all.indexOf(position.first()), all.indexOf(position.last()) + 1))
        .containsExactlyElementsOf(all.stream().filter(p -> p.position() == position).toList());
  }
}
