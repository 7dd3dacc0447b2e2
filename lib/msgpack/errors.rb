# frozen_string_literal: true

module MessagePack
  # Where in the input an error is.
  module Offset
    # Where the token that the error is about starts.
    #
    # Source: new.
    #
    # @return [Integer, nil] bytes of the whole stream before it (since the start or `reset`); nil for an error that a
    #   program has raised itself
    # @example
    #   begin
    #     MessagePack.unpack("\x92\x01\xC1")
    #   rescue MessagePack::UnpackError => e
    #     e.offset  # => 2
    #   end
    attr_reader :offset
  end

  # The root of what unpacking raises by itself.
  class UnpackError < StandardError
    include Offset
  end

  # The name of {UnpackError} in the wiki.
  UnpackerError = UnpackError

  # The bytes are no MessagePack: 0xc1, or bytes left over after a single object. Handlers may raise it too.
  class MalformedFormatError < UnpackError; end

  # Containers nested deeper than allowed.
  class StackError < UnpackError; end

  # Something is longer than one of the `max_*` options of {Unpacker#initialize} accepts.
  class LimitError < UnpackError; end

  # The root of what a header or a key of the wrong type raises.
  class TypeError < UnpackError; end

  # `read_array_header` or `read_map_header` on something else, or on an object that is half read.
  class UnexpectedTypeError < TypeError; end

  # An extended type that the lookup chain refuses or does not find.
  class UnknownExtTypeError < UnpackError; end

  # The input ends within an object. More may be fed, and reading goes on where it stopped.
  class UnderflowError < ::EOFError
    include Offset
  end

  # Packing something nested deeper than allowed, cyclic structures included.
  class NestingError < ::ArgumentError; end
end
