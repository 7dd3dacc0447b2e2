# frozen_string_literal: true

module MessagePack
  # Handlers that make Ruby's `::Time` a timestamp, extended type {Timestamp::TYPE}.
  #
  # In a class or module that includes MessagePack, `Time` alone means this module: write `::Time` for Ruby's.
  #
  # Source: the API of the `msgpack` gem.
  module Time
    # Shareable, so that what they are registered with can be.

    # Packs: a `::Time` (or anything with `tv_sec` and `tv_nsec`) to the payload. What is finer than a nanosecond is cut
    # off, and the time zone is not kept: a timestamp has neither.
    #
    # @return [Proc]
    # @example
    #   MessagePack::Time::Packer.call(::Time.at(1))  # => "\x00\x00\x00\x01"
    Packer = Ractor.make_shareable(->(time) { Timestamp.to_msgpack_ext(time.tv_sec, time.tv_nsec) })

    # Unpacks: the payload to a `::Time` in the local time zone. A malformed payload raises {MalformedFormatError}.
    #
    # @return [Proc]
    # @example
    #   MessagePack::Time::Unpacker.call("\x00\x00\x00\x04\x00\x00\x00\x01").nsec  # => 1
    Unpacker = Ractor.make_shareable(lambda do |payload|
      sec, nsec = Timestamp.__send__(:parts, payload)
      ::Time.at(sec, nsec, :nanosecond)
    end)

    # Where they are registered, the extension does the same without calling them.
    MessagePack.__send__(:know_times, Packer, Unpacker)
  end
end
