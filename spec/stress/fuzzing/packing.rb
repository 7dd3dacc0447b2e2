# frozen_string_literal: true

require_relative "program"
require_relative "objects"
require_relative "packers"
require_relative "wire"
require_relative "../../support/scripted_sink"

module Fuzzing
  # Objects packed by one Packer, which has to write what {ReferencePacker} writes, and to be as it was after what
  # can't be packed; then packed in one call, and read again in another way.
  class Packing < Program
    include Packers

    CALLS = Differential::Dice.weighted(write: 16, typed: 6, wrong: 2, header: 2, clear: 1, full_pack: 2, flush: 3,
                                        splice: 1, take: 1)
    KINDS = %i[factory wiki none].freeze
    STEPS = [*1..9, 0, IOError.new("scripted"), nil, :all].freeze
    WRONG = [[:write_int, "1"], [:write_string, 1], [:write_array, {}], [:write_hash, []], [:write_float, "1"],
             [:write_symbol, 1], [:write_map_header, -1], [:write_array_header, 2**32], [:write_ext, 128, ""],
             [:write_bin, nil], [:write_extended_header, 200, 1]].freeze

    def initialize(dice)
      super
      @kind = dice.pick(KINDS)
      @options = dice.chance?(1, 8) ? { compatibility_mode: true } : {}
      @objects = Objects.new(dice, failing: dice.chance?(1, 2))
      @sink = dice.chance?(1, 3) ? ScriptedSink.new(*Array.new(dice.number(12)) { dice.pick(STEPS) }) : nil
      @reference = ReferencePacker.new(@options, @kind)
    end

    private

    def go
      step "#{@kind} #{@options} #{"with a sink" if @sink}"
      in_one_call
      @packer = packer(@sink)
      @expected = +"".b
      dice.number(1..12).times do
        __send__(dice.pick(CALLS))
        compare
      end
    end

    # In a fiber, which handlers may leave in the middle, while others pack.
    def in_fiber(&)
      result = nil
      fiber = Fiber.new { result = outcome(&) }
      while alive?(fiber)
        other = [1, { "other" => "text" * 3 }, :symbol, 2.5]
        check("in between", MessagePack.unpack(MessagePack.pack(other)),
              [1, { "other" => "text" * 3 }, "symbol", 2.5])
        GC.start(full_mark: false) if dice.chance?(1, 4)
      end
      result
    end

    def in_one_call
      object = @objects.object
      expected = outcome { @reference.of(object) }
      found = in_fiber { one_shot(object) }
      step "packed #{expected[0, 200]}"
      check("in one call", found, expected)
      read_again(object) unless expected.start_with?("!", "thrown")
    end

    # The bytes mean the same to the library and to the reference, and to the Factory what was packed.
    def read_again(object)
      bytes = @reference.of(object)
      table = Types::Table.new(dice.pick(%i[unregistered factory_keeping]))
      expected = outcome { ReferenceUnpacker.new(table, {}, bytes: bytes).full_unpack }
      check("read again", outcome { table.load(bytes, {}) }, expected)
      return unless @kind == :factory && @options.empty?

      check("there and back", outcome { factory.load(bytes, default_exttype: MessagePack::ExtType) },
            outcome { Objects.read_back(object) })
    end

    def write
      object = @objects.object
      attempt(:write, [object]) { @reference.of(object) }
    end

    def typed
      name, value = typed_value(dice.number(5))
      attempt(name, [value]) { name == :write_bin ? @reference.binary(value) : @reference.of(value) }
      attempt(:write_ext, [-5, "data"]) { ReferencePacker.extended(-5, "data") } if dice.chance?(1, 5)
    end

    def typed_value(number)
      case number
      when 0 then [:write_bin, dice.bytes(dice.count)]
      when 1 then [:write_int, dice.number(200)]
      when 2 then [:write_string, @objects.text]
      when 3 then [:write_array, [1, @objects.leaf]]
      else [:write_hash, { 2 => @objects.leaf }]
      end
    end

    def header
      count = dice.pick([0, 15, 16, 65_535, 65_536, (2**32) - 1])
      attempt(:write_array_header, [count]) { ReferencePacker.header(ReferencePacker::ARRAY, count) }
      attempt(:write_map_header, [count]) { ReferencePacker.header(ReferencePacker::MAP, count) }
    end

    # A header, and its payload straight into the buffer.
    def splice
      payload = dice.bytes(dice.count)
      bytes = ReferencePacker.extended(7, payload)
      header = bytes.byteslice(0, bytes.bytesize - payload.bytesize)
      if dice.chance?(1, 2)
        attempt(:write_extended_header, [7, payload.bytesize]) { header }
      else
        attempt(:write_exttype_header, [payload.bytesize, 7]) { header }
      end
      @packer.buffer << payload
      @expected << payload
    end

    def attempt(name, arguments)
      bytes = nil
      expected = outcome do
        bytes = yield
        nil
      end
      expected = Text.of(:itself) if expected == "nil"
      step "#{name}: #{expected == Text.of(:itself) ? bytes.unpack1("H*")[0, 120] : expected}"
      found = in_fiber { @packer.public_send(name, *arguments).equal?(@packer) ? :itself : :other }
      return @expected << bytes if sunk(found) && expected == Text.of(:itself)

      check(name, found, expected)
      @expected << bytes if bytes
    end

    # An io may raise behind a write that is complete.
    def sunk(found) = @sink && found == "!IOError nil"

    def wrong
      name, *arguments = dice.pick(WRONG)
      step "wrong #{name}"
      claim("#{name} takes #{arguments}", outcome { @packer.public_send(name, *arguments) }.start_with?("!"))
    end

    def clear
      step "clear"
      @packer.clear
      @expected = @sink ? @sink.taken.dup : +"".b
    end

    def full_pack
      step "full_pack"
      found = outcome { @packer.full_pack }
      return claim("full_pack #{found}", ["nil", "!IOError nil"].include?(found)) if @sink

      check("full_pack", found, Text.of(@expected))
      @expected = +"".b
    end

    def flush
      step "flush"
      found = outcome { @packer.flush.equal?(@packer) }
      claim("flush: #{found}", found == "true" || sunk(found))
    end

    # Bytes read from the buffer are no longer in it.
    def take
      return if @sink

      count = dice.number(1..5)
      step "take #{count}"
      check("buffer.read", @packer.buffer.read(count).to_s, @expected.slice!(0, count))
    end

    def compare
      check("all bytes", "#{@sink&.taken}#{@packer}".b, @expected)
      check("inspect", @packer.inspect[/\d+/].to_i, @packer.size)
      check("size", @packer.size, @expected.bytesize - (@sink ? @sink.taken.bytesize : 0))
    end
  end
end
