# frozen_string_literal: true

require_relative "../../differential/dice"
require_relative "reference_packer"
require_relative "text"
require_relative "types"

module Fuzzing
  # Well-formed objects with extended types in them, whose payloads say what their handlers are to do.
  class Documents
    Made = Types::Made
    # The first byte of a payload says what its handler does.
    DEEDS = Differential::Dice.weighted(pass: 4, collect: 1, compact: 1, other: 4, fiber: 4, look: 3, forbidden: 3,
                                        thread: 1, feed: 4, register: 1, refuse: 2, leave: 2, malformed: 1, reset: 1,
                                        clear: 1)
    # What becomes of an object in which this is done.
    FATES = { refuse: "!Fuzzing::Types::Refusal nil", leave: "thrown", reset: :reset, clear: :reset,
              malformed: "!MessagePack::MalformedFormatError" }.freeze
    PLAIN = 20
    BOX = 1

    # Its bytes, and what has to come of it: a text, or nil for what is lost in a reset.
    Document = Struct.new(:bytes, :expected)

    # What a node of a document is packed as, and read as unless a deed prevents it.
    Node = Struct.new(:bytes, :text)

    # @param dice [Differential::Dice]
    # @param boxes [Boolean] whether there are recursive types
    def initialize(dice, boxes:)
      @dice = dice
      @boxes = boxes
      @reference = ReferencePacker.new({}, :none)
    end

    # @return [Document]
    def document
      @fate = nil
      nodes = Array.new(@dice.number(1..4)) { node(3) }
      whole = list(nodes)
      Document.new(whole.bytes, @fate || whole.text)
    end

    private

    def leaf
      value = @dice.pick([nil, true, @dice.number(1000), 1.5, "text #{@dice.number(100)}", "x" * @dice.number(40)])
      Node.new(@reference.of(value), Text.of(value))
    end

    def node(depth)
      case @dice.number(6)
      when 0 then leaf
      when 1 then depth.zero? ? leaf : list(Array.new(@dice.number(4)) { node(depth - 1) })
      when 2 then depth.zero? ? leaf : pairs(Array.new(@dice.number(3)) { |key| [key, node(depth - 1)] })
      when 3 then depth.zero? || !@boxes ? acting : boxed(depth)
      else acting
      end
    end

    def list(nodes)
      Node.new(ReferencePacker.header(ReferencePacker::ARRAY, nodes.size) << nodes.map(&:bytes).join,
               "[#{nodes.map { |node| "#{node.text}," }.join}]")
    end

    def pairs(nodes)
      bytes = nodes.map { |key, node| @reference.of(key) << node.bytes }.join
      Node.new(ReferencePacker.header(ReferencePacker::MAP, nodes.size) << bytes,
               "{#{nodes.map { |key, node| "#{key},#{node.text}," }.join}}")
    end

    def acting
      number = @dice.number(DEEDS.size)
      data = [number].pack("C") << @dice.bytes(@dice.number(20))
      decide(DEEDS[number])
      Node.new(ReferencePacker.extended(PLAIN, data), Text.of(Made.new(:plain, data.dup)))
    end

    # A recursive type: first what its handler does, then its content, then what the handler leaves unread.
    def boxed(depth)
      number = @dice.number(DEEDS.size)
      decide(DEEDS[number])
      content = node(depth - 1)
      payload = [number].pack("C") << content.bytes << (@dice.chance?(1, 3) ? leaf.bytes : "")
      text = Text.of(Made.new(:box, nil)).sub(",nil,") { ",#{content.text}," }
      Node.new(ReferencePacker.extended(BOX, payload), text)
    end

    # The first deed that does not let the object be finished decides what becomes of it.
    def decide(deed)
      @fate = FATES[deed] if @fate.nil?
    end
  end
end
