# frozen_string_literal: true

require_relative "../../differential/texts"
require_relative "reference_packer"
require_relative "types"

module Fuzzing
  # Random objects to pack, some of which do something to their Packer while they are packed.
  class Objects
    # With a type; each tells how it is packed.
    module Registered; end
    # With `to_msgpack` alone.
    module Unregistered; end

    # A high-level type.
    Payload = Struct.new(:data) do
      include Registered

      def to_exttype = data
      def read_back = Payload.new(data)

      def packed_by(reference, types)
        raise NoMethodError, "to_msgpack" if types == :none

        reference.class.extended(20, data)
      end
    end

    # A recursive type, or a low-level one that is an array of two.
    Box = Struct.new(:value) do
      include Registered

      def to_msgpack(packer) = packer.write_array_header(2).write(:box).write(value)
      def read_back = Box.new(Objects.read_back(value))

      def packed_by(reference, types)
        return reference.class.extended(1, reference.of(value)) if types == :factory

        reference.of([:box, value])
      end
    end

    # Writes itself by the methods of its Packer.
    Writer = Struct.new(:items) do
      include Unregistered

      def to_msgpack(packer)
        packer.write_array_header(items.size)
        items.each { |item| packer.write(item) }
        "ignored"
      end

      def packed_by(reference) = reference.array(items)
      def read_back = Objects.read_back(items)
    end

    # Does something before it writes its value.
    Actor = Struct.new(:value, :deed, :container) do
      include Unregistered

      def to_msgpack(packer)
        __send__(deed, packer)
        packer.write(value)
      end

      def read_back = Objects.read_back(value)

      def packed_by(reference)
        case deed
        when :refuse then raise Types::Refusal, "deed"
        when :leave then throw :fuzzing
        when :grow then reference.changed << container.object_id if container
        end
        reference.of(value)
      end

      private

      def refuse(_packer) = raise(Types::Refusal, "deed")
      def leave(_packer) = throw(:fuzzing)
      def collect(_packer) = GC.start(full_mark: true, immediate_sweep: true)
      def compact(_packer) = GC.compact
      def pass(_packer) = Thread.pass

      def pack_another(_packer)
        packed = MessagePack.pack([value.class.name, { "k" => [1] * 20 }])
        raise Finding, "another pack" unless MessagePack.unpack(packed) == [value.class.name, { "k" => [1] * 20 }]
      end

      def look(packer)
        raise Finding, "size within" unless packer.to_s.bytesize == packer.size
        raise Finding, "inspect within" unless packer.inspect.match?(/Packer #{packer.size} bytes?, writing/)
      end

      # What would take away what is being written.
      def forbidden(packer)
        %i[clear reset full_pack].each do |name|
          packer.public_send(name)
          raise Finding, "#{name} within a handler"
        rescue RuntimeError => e
          raise if e.is_a?(FrozenError)
        end
      end

      def yield_fiber(_packer) = Fiber.yield

      def grow(_packer)
        container << nil if container
      end
    end

    DEEDS = Differential::Dice.weighted(pass: 2, collect: 1, compact: 1, pack_another: 3, look: 2, forbidden: 2,
                                        yield_fiber: 3, refuse: 1, leave: 1, grow: 1)
    LEAVES = Differential::Dice.weighted(constant: 2, small: 4, integer: 5, float: 3, text: 6, symbol: 2, sized: 1,
                                         ext: 2)
    HOLDERS = Differential::Dice.weighted(array: 6, map: 8, payload: 2, box: 4, writer: 2, actor: 2)
    SIZES = [15, 16, 31, 32, 255, 256].freeze
    ENDS = [7, 8, 15, 16, 31, 32, 63, 64].flat_map { |bits| [2**bits, -(2**bits)] }.freeze

    # @return [Object] what a Factory that knows the types gives for such an object
    def self.read_back(value)
      case value
      when Symbol then read_back(value.name)
      when String then text_read_back(value)
      when Array then value.map { |item| read_back(item) }
      when Hash then value.each_with_object({}) { |(key, item), read| read[read_back(key)] = read_back(item) }
      when Registered, Unregistered then value.read_back
      else value
      end
    end

    # US-ASCII is written as it is, valid or not.
    def self.text_read_back(text)
      case text.encoding
      when Encoding::BINARY then +text
      when Encoding::US_ASCII then text.dup.force_encoding(Encoding::UTF_8)
      else text.encode(Encoding::UTF_8)
      end
    end
    private_class_method :text_read_back

    # @param dice [Differential::Dice]
    # @param failing [Boolean] whether there may be what can't be packed
    def initialize(dice, failing:)
      @dice = dice
      @failing = failing
      @texts = Differential::Texts.new(dice)
    end

    def object(depth = 4)
      return unpackable if @failing && @dice.chance?(1, 60)

      depth.zero? || @dice.chance?(3, depth + 3) ? leaf : __send__(@dice.pick(HOLDERS), depth - 1)
    end

    def leaf = __send__(@dice.pick(LEAVES))

    def text
      string = @texts.string
      string.encode(Encoding::UTF_8)
      string
    rescue EncodingError
      @failing || string.encoding == Encoding::BINARY ? string : "plain"
    end

    private

    def unpackable = @dice.pick([Object.new, 2**64, -(2**63) - 1, 1..2, 1r, Class])
    def constant = @dice.pick([nil, true, false])
    def small = @dice.number(-40..140)
    def float = @dice.chance?(1, 2) ? @dice.bytes(8).unpack1("G") : @dice.number(-1e6..1e6)
    def symbol = @texts.symbol

    def integer
      value = @dice.chance?(1, 2) ? @dice.pick(ENDS) + @dice.number(-1..1) : @dice.number((-2**62)..(2**63))
      value.clamp(-(2**63), (2**64) - 1)
    end

    def sized = @texts.of(@dice.chance?(1, 30) ? 65_535 + @dice.number(2) : @dice.pick(SIZES))
    def ext = MessagePack::ExtType.new(@dice.number(21..127), @dice.bytes(@dice.count))
    def count = @dice.chance?(1, 20) ? @dice.pick([15, 16, 17]) : @dice.number(0..4)
    def writer(depth) = Writer.new(Array.new(count) { object(depth) })
    def box(depth) = Box.new(object(depth))
    def payload(_depth) = Payload.new(@dice.bytes(@dice.count))
    def map(depth) = Array.new(count) { [@dice.chance?(1, 2) ? text : object(1), object(depth)] }.to_h

    def array(depth)
      [].tap { |items| count.times { items << (@dice.chance?(1, 25) ? actor(depth, items) : object(depth)) } }
    end

    def actor(depth, container = nil)
      deed = @dice.pick(DEEDS)
      deed = :pass if !@failing && %i[refuse leave grow].include?(deed)
      Actor.new(object(depth), deed, container)
    end
  end
end
