# frozen_string_literal: true

module Fuzzing
  # Extended types whose handlers depend on nothing but what they are given, so that the library's Unpacker and
  # {ReferenceUnpacker} can run the same ones.
  module Types
    # What a handler has made of a payload.
    Made = Struct.new(:how, :content)
    # A handler's own error.
    class Refusal < StandardError; end

    def self.all_of(input)
      values = []
      loop { values << input.read }
    rescue EOFError
      values
    end

    def self.each_of(input)
      [].tap { |values| input.each { |value| values << value } }
    end

    # Where an end within what is passed over would be is left open, see {Reading#without_offset}.
    def self.after_error(input)
      [:first, input.read]
    rescue EOFError
      raise
    rescue StandardError
      [:rescued, *all_of(input)]
    end

    # Recursive: they get an unpacker over the payload.
    RECURSIVE = {
      1 => ->(input) { Made.new(:one, input.read) },
      2 => ->(input) { Made.new(:all, Types.all_of(input)) },
      3 => ->(input) { Made.new(:second, [input.skip, input.read]) },
      4 => ->(input) { Made.new(:array_header, input.read_array_header) },
      5 => ->(_input) { Made.new(:nothing, nil) },
      6 => ->(input) { raise Refusal, "after #{input.read.class}" },
      7 => ->(input) { Made.new(:nil?, input.skip_nil ? input.skip : input.read) },
      8 => ->(input) { Made.new(:each, Types.each_of(input)) },
      9 => ->(input) { Made.new(:whole, input.full_unpack) },
      10 => ->(input) { Made.new(:rescued, Types.after_error(input)) },
      11 => ->(input) { Made.new(:map_header, [input.read_map_header, input.read]) },
      12 => lambda { |input|
        input.skip
        throw :fuzzing
      }
    }.freeze

    # They get the payload.
    PLAIN = {
      -1 => ->(data) { MessagePack::Timestamp.from_msgpack_ext(data).then { |t| Made.new(:time, [t.sec, t.nsec]) } },
      20 => ->(data) { Made.new(:data, data) },
      21 => ->(_data) {},
      22 => ->(_data) { raise Refusal, "no" },
      23 => ->(_data) { raise MessagePack::MalformedFormatError, "no" },
      24 => ->(_data) { throw :fuzzing },
      25 => ->(data) { Made.new(:bytes, data.clear) }
    }.freeze
    # Registered as false.
    REFUSED = 30

    NUMBERS = [*RECURSIVE.keys, *PLAIN.keys, REFUSED, 64, -128].freeze

    # A set of registrations, with what becomes of the types that are not in it.
    class Table
      # How an Unpacker is made, and what it makes of unregistered types.
      DEFAULTS = {
        unregistered: :ext_type, bare: :ext_type, bare_refusing: :refuse, bare_allowing: :extension_value,
        factory: :refuse, factory_keeping: :ext_type, factory_allowing: :extension_value
      }.freeze
      OPTIONS = {
        bare_refusing: { default_exttype: false }, bare_allowing: { allow_unknown_ext: true },
        factory_keeping: { default_exttype: MessagePack::ExtType }, factory_allowing: { allow_unknown_ext: true }
      }.freeze

      # @return [Symbol] a key of DEFAULTS
      attr_reader :kind

      def initialize(kind)
        @kind = kind
      end

      # Whether there are no types but what the library has by itself.
      def unregistered? = kind == :unregistered

      def factory? = kind.start_with?("factory")

      # @return [:ext_type, :extension_value, :refuse]
      def default = DEFAULTS.fetch(kind)

      # @return [Proc, nil]
      def recursive(type) = factory? ? RECURSIVE[type] : nil

      # @return [Proc, nil]
      def plain(type) = unregistered? ? nil : PLAIN[type]

      def refused?(type) = type == REFUSED && !unregistered?

      # The library's Unpacker with these types.
      def unpacker(io, options)
        options = options.merge(OPTIONS.fetch(kind, {}))
        return MessagePack::Unpacker.new(io, options) if unregistered?

        made = factory? ? factory.unpacker(io, options) : registered(MessagePack::Unpacker.new(io, options))
        made.tap { |unpacker| unpacker.register_exttype(REFUSED, false) }
      end

      # What {#unpacker} would give `full_unpack` of, in one call.
      def load(source, options)
        options = options.merge(OPTIONS.fetch(kind, {}))
        return MessagePack.unpack(source, options) if unregistered?

        return unpacker(source, options).full_unpack unless source.is_a?(String)

        unpacker(nil, options).feed(source).full_unpack
      end

      private

      def factory
        @factory ||= MessagePack::Factory.new.tap do |factory|
          RECURSIVE.each do |type, handler|
            factory.register_type(type, Class.new, packer: nil, unpacker: handler, recursive: true)
          end
          PLAIN.each { |type, handler| factory.register_type(type, Class.new, packer: nil, unpacker: handler) }
        end
      end

      def registered(unpacker)
        PLAIN.each do |type, handler|
          next unpacker.register_type(type, &handler) if type.negative? || type.odd?

          unpacker.register_exttype(type) { |_type, data| handler.call(data) }
        end
        unpacker
      end
    end
  end
end
