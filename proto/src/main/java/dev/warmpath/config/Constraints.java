package dev.warmpath.config;

import build.buf.protovalidate.Validator;
import build.buf.protovalidate.ValidatorFactory;
import build.buf.protovalidate.Violation;
import build.buf.protovalidate.exceptions.ValidationException;
import build.buf.validate.FieldPathElement;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.Descriptors.OneofDescriptor;
import com.google.protobuf.Message;
import java.util.Iterator;

/** Checks the constraints that the schema states, and words each violation. Stateless. */
final class Constraints {
  private static final class Holder {
    static final Validator VALIDATOR = ValidatorFactory.newBuilder().build();
  }

  private Constraints() {}

  static void check(Message root, FaultLog log) {
    try {
      for (Violation violation : Holder.VALIDATOR.validate(root).getViolations()) {
        report(violation.toProto(), root.getDescriptorForType(), log);
      }
    } catch (ValidationException e) {
      throw new IllegalStateException("the schema's own constraints are wrong", e);
    }
  }

  private static void report(
      build.buf.validate.Violation violation, Descriptor root, FaultLog log) {
    StringBuilder path = new StringBuilder();
    Descriptor type = root;
    String expected = violation.getMessage();
    Iterator<FieldPathElement> elements = violation.getField().getElementsList().iterator();
    while (elements.hasNext()) {
      FieldPathElement element = elements.next();
      FieldDescriptor field = type.findFieldByName(element.getFieldName());
      if (field == null) {
        // A oneof: it has no place of its own.
        expected = oneOf(type, element.getFieldName());
        break;
      }
      path.append(path.isEmpty() ? "" : ".").append(field.getName());
      boolean isElement = true;
      switch (element.getSubscriptCase()) {
        case INDEX -> path.append('[').append(element.getIndex()).append(']');
        case STRING_KEY -> path.append('[').append(element.getStringKey()).append(']');
        case BOOL_KEY, INT_KEY, UINT_KEY ->
            throw new IllegalStateException(element + " (expected: maps with string keys only)");
        case SUBSCRIPT_NOT_SET -> isElement = false;
      }
      expected = isElement ? Expectation.ofElement(field) : Expectation.of(field);
      if (field.getJavaType() == JavaType.MESSAGE) {
        type = field.getMessageType();
      }
    }
    log.add(path.toString(), expected);
  }

  private static String oneOf(Descriptor type, String name) {
    for (OneofDescriptor oneof : type.getRealOneofs()) {
      if (oneof.getName().equals(name)) {
        return MessageReader.oneOf(oneof.getFields());
      }
    }
    throw new IllegalStateException(
        type.getFullName() + "." + name + " (expected: a field or a oneof)");
  }
}
