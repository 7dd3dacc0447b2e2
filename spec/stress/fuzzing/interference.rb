# frozen_string_literal: true

require_relative "program"
require_relative "documents"
require_relative "objects"

module Fuzzing
  # Well-formed objects whose handlers interfere with the Unpacker that calls them: either the right value comes out or
  # the handler's own error, and what stands beside and behind it is right in any case.
  class Interference < Program
    Made = Types::Made
    CONSUMING = %i[read skip skip_nil read_array_header read_map_header full_unpack each].freeze
    DEEDS = Documents::DEEDS

    def initialize(dice)
      super
      @reference = ReferencePacker.new({}, :none)
      @whole = dice.chance?(1, 2)
      @kind = dice.pick(%i[factory bare])
      @documents = Documents.new(dice, boxes: @kind == :factory)
      @queue = []
    end

    private

    def go
      step "#{@kind}, #{@whole ? "whole" : "in pieces"}"
      @factory = factory
      @unpacker = unpacker
      documents = Array.new(dice.number(1..4)) { @documents.document }
      @whole ? feed_all(documents) : documents.each { |document| read_in_pieces(document) }
      afterwards
    end

    def factory
      MessagePack::Factory.new.tap do |factory|
        factory.register_type(Documents::PLAIN, Class.new, packer: nil, unpacker: ->(data) { plain(data) })
        factory.register_type(Documents::BOX, Class.new, packer: nil, unpacker: lambda { |child|
                                                                                  box(child)
                                                                                }, recursive: true)
      end
    end

    def unpacker
      return @factory.unpacker if @kind == :factory

      MessagePack::Unpacker.new.tap do |unpacker|
        unpacker.register_exttype(Documents::PLAIN) { |_type, data| plain(data) }
      end
    end

    def plain(data)
      act(DEEDS.fetch(data.getbyte(0)))
      Made.new(:plain, data)
    end

    def box(child)
      act(DEEDS.fetch(child.read))
      Made.new(:box, child.read)
    end

    def act(deed)
      step "  #{deed}"
      __send__(:"do_#{deed}")
    end

    def do_pass = Thread.pass
    def do_collect = GC.start(full_mark: dice.chance?(1, 2), immediate_sweep: true)
    def do_compact = GC.compact
    def do_fiber = Fiber.yield
    def do_refuse = raise(Types::Refusal, "deed")
    def do_leave = throw(:fuzzing)
    def do_malformed = raise(MessagePack::MalformedFormatError, "deed")

    def do_other
      value = ["other", { "key" => [1, 2.5, nil] }]
      check("another unpack", MessagePack.unpack(MessagePack.pack(value)), value)
      check("another load", @factory.load(@reference.of(value)), value)
      check("another unpacker", MessagePack::Unpacker.new.feed(@reference.of(value)).each.to_a, [value])
    end

    def do_look
      claim("inspect within: #{@unpacker.inspect}", @unpacker.inspect.include?(", reading"))
      claim("tell", @unpacker.tell.between?(0, @unpacker.tell + @unpacker.buffer.size))
    end

    def do_forbidden
      CONSUMING.each { |name| forbidden(name) }
    end

    def forbidden(name)
      result = name == :each ? @unpacker.each {} : @unpacker.public_send(name)
      raise Finding, "#{name} within a handler gave #{result.inspect}"
    rescue RuntimeError => e
      claim("#{name} within a handler: #{e.class}", e.instance_of?(RuntimeError))
    end

    def do_thread = Thread.new { do_forbidden }.join

    # In the middle of an object that arrives in pieces, other bytes would become part of it.
    def do_feed
      return unless @whole

      value = [+"fed", dice.number(1000)]
      bytes = @reference.of(value)
      @queue << Documents::Document.new(bytes, Text.of(value))
      @unpacker.feed(bytes)
    end

    def do_register
      @unpacker.register_exttype(99) { |type, _data| type }
    end

    def do_reset
      @lost = true
      @unpacker.reset
    end

    def do_clear
      @lost = true
      @unpacker.buffer.clear
    end

    def feed_all(documents)
      @queue.concat(documents)
      @unpacker.feed(documents.map(&:bytes).join)
      loop do
        break if @queue.empty?
        # All that was held is lost with the reset.
        break @queue.clear if finish(@queue.shift)
      end
    end

    def read_in_pieces(document)
      pieces = dice.cut(document.bytes)
      step "pieces of #{pieces.map(&:bytesize)}"
      last = pieces.pop
      pieces.each do |piece|
        @unpacker.feed(piece)
        found = read
        next if found.start_with?("!MessagePack::UnderflowError") && !@lost

        return concluded(document, found, rest: pieces)
      end
      @unpacker.feed(last)
      finish(document)
    end

    # An object that ends before all its pieces are there: only an error or a reset does that.
    def concluded(document, found, **)
      settle(document, found)
      return @lost = false if @lost

      check("ended early", document.expected.to_s.start_with?("!", "thrown"), true)
      @unpacker.reset
    end

    # @return [Boolean] whether all that was held is lost
    def finish(document)
      settle(document, read)
      @lost.tap { @lost = false }
    end

    def settle(document, found)
      step "reads #{found[0, 60]}"
      return claim("after a reset: #{found}", found.start_with?("!", "thrown")) if @lost

      check("reads", found.sub(/(MalformedFormatError) \d+/, '\1'), document.expected)
    end

    # Reads one object in a fiber, which the handlers may leave.
    def read
      way = dice.number(3)
      result = nil
      fiber = Fiber.new { result = outcome { way.zero? ? first_of_each : @unpacker.read } }
      while alive?(fiber)
        do_forbidden
        do_other
      end
      result
    end

    def first_of_each
      found = @unpacker.first(1)
      found.empty? ? raise(MessagePack::UnderflowError) : found.first
    end

    # After all that, and a reset, it is as good as new.
    def afterwards
      @unpacker.reset
      value = ["afterwards", { "a" => [1, nil] }, 2.5]
      @unpacker.feed(@reference.of(value) * 2)
      check("afterwards", [@unpacker.tell, @unpacker.read, @unpacker.skip, @unpacker.buffer.size],
            [0, value, nil, 0])
    end
  end
end
