package dev.warmpath.config;

import dev.warmpath.config.v1.Config;

/** The parts of the file that a service can't do without. */
public enum Section {
  EXT_PROC(Config.EXT_PROC_FIELD_NUMBER),
  CONTROL_PLANE(Config.CONTROL_PLANE_FIELD_NUMBER),
  ENVOY(Config.ENVOY_FIELD_NUMBER);

  private final int fieldNumber;

  Section(int fieldNumber) {
    this.fieldNumber = fieldNumber;
  }

  boolean isIn(Config config) {
    return config.hasField(Config.getDescriptor().findFieldByNumber(fieldNumber));
  }

  String fieldName() {
    return Config.getDescriptor().findFieldByNumber(fieldNumber).getName();
  }
}
