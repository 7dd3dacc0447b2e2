# frozen_string_literal: true

RSpec.describe MessagePack::Unpacker, "and its errors" do
  subject(:unpacker) { described_class.new }

  let(:malformed) { raise_error(MessagePack::MalformedFormatError) }
  let(:refused) { raise_error(MessagePack::UnknownExtTypeError) }

  def offset_of(&)
    error_of(&).offset
  end

  describe "#offset" do
    {
      "nothing" => ["", 0], "a str's header" => ["d9", 0], "a str" => ["a5 61 62", 0], "a number" => ["cf 00 00", 0],
      "an element" => ["93 01 02", 3], "a number in an array" => ["93 01 cd 00", 2],
      "a value" => ["82 a1 61 01 a1 62", 6], "an ext's data" => ["92 01 c7 05 05 61", 2]
    }.each do |what, (digits, offset)|
      it "of UnderflowError is where the token starts that ends too soon: #{what}" do
        error = error_of { unpacker.feed(hex(digits)).read }

        expect(error).to be_a(MessagePack::UnderflowError)
        expect(error.offset).to eq(offset)
      end
    end

    it "of MalformedFormatError is the place of 0xc1" do
      expect(offset_of { unpacker.feed(hex("c1")).read }).to eq(0)
      expect(offset_of { unpacker.feed(hex("92 a3 61 62 63 91 c1")).read }).to eq(7)
      expect(offset_of { unpacker.feed(hex("92 01 c1")).skip }).to eq(10)
    end

    it "of UnknownExtTypeError is where the extended type starts" do
      unpacker.default_exttype = false

      expect(offset_of { unpacker.feed(hex("92 01 c7 03 05 61 62 63")).read }).to eq(2)
      expect(offset_of { unpacker.feed(hex("07 d4 05 aa")).tap(&:read).read }).to eq(9)
    end

    it "of StackError is where the array starts that is one too many" do
      expect(offset_of { unpacker.feed(nested_arrays(501)).read }).to eq(500)
    end

    it "of UnexpectedTypeError is where the next object starts" do
      unpacker.feed(hex("a2 61 62 07")).read

      expect(offset_of { unpacker.read_map_header }).to eq(3)
    end

    it "counts from the start of the stream, over many messages and feeds" do
      stream = hex("83 a1 61 01 a1 62 c4 03 01 02 03 a1 63 93 c0 d4 05 aa cb 3f f8 00 00 00 00 00 00")
      pieces = Array.new(500) { |number| stream * ((number % 3) + 1) }
      pieces.each { |piece| unpacker.feed_each(piece) {} }
      consumed = pieces.sum(&:bytesize)

      expect(offset_of { unpacker.feed(hex("91 c1")).read }).to eq(consumed + 1)
      expect(offset_of { unpacker.feed(hex("01 93")).tap(&:read).read }).to eq(consumed + 4)
    end

    it "counts what went through the buffer" do
      unpacker.feed(hex("01 aa bb c1"))
      unpacker.read
      unpacker.buffer.read(2)

      expect(offset_of { unpacker.read }).to eq(3)
    end

    it "counts bytes of an io" do
      unpacker = described_class.new(ScriptedIO.new(hex("01 92"), hex("02"), hex("c1")))
      unpacker.read

      expect(offset_of { unpacker.read }).to eq(3)
    end

    it "starts again at reset" do
      unpacker.feed(hex("01 02 03")).to_a
      unpacker.reset

      expect(offset_of { unpacker.feed(hex("07 c1")).tap(&:read).read }).to eq(1)
    end

    it "is an Integer beyond 32 bits of stream", :slow do
      chunk = bytes(0xc6, [(1 << 24) - 5].pack("N"), "x" * ((1 << 24) - 5))
      257.times { unpacker.feed(chunk).skip }

      expect(offset_of { unpacker.feed(hex("c1")).read }).to eq(257 << 24)
    end
  end

  describe "after 0xc1" do
    it "reading goes on behind that byte" do
      unpacker.feed(hex("c1 07"))
      expect { unpacker.read }.to malformed

      expect(unpacker.read).to eq(7)
    end

    it "the containers around it are gone" do
      unpacker.feed(hex("93 01 92 02 c1 07 a1 61"))
      expect { unpacker.read }.to malformed

      expect([unpacker.tell, unpacker.read, unpacker.read]).to eq([5, 7, "a"])
    end

    it "each such byte is an error of its own" do
      unpacker.feed(hex("c1 c1 07"))
      2.times { expect { unpacker.read }.to malformed }

      expect(unpacker.read).to eq(7)
    end
  end

  # Each way for `[bad, 1]` to fail but 0xc1: what makes it fail, the bytes of `bad`, the error.
  failures = {
    "a refused type" => [{ default_exttype: false }, "d4 05 aa", MessagePack::UnknownExtTypeError],
    "a raising handler" => [{ default_exttype: ->(_type, _data) { raise IOError, "mine" } }, "d4 05 aa", IOError],
    "a handler that raises EOFError" =>
      [{ default_exttype: ->(_type, _data) { raise EOFError, "mine" } }, "d4 05 aa", EOFError],
    "a handler that runs into UnderflowError" =>
      [{ default_exttype: ->(_type, data) { MessagePack.unpack(data) } }, "d4 05 92", MessagePack::UnderflowError],
    "a handler that raises MalformedFormatError" =>
      [{ default_exttype: ->(_type, _data) { raise MessagePack::MalformedFormatError } }, "d4 05 aa",
       MessagePack::MalformedFormatError],
    "too deep nesting" => [{}, "#{"91" * 500} 02", MessagePack::StackError],
    "a key that is no UTF-8" => [{ symbolize_keys: true }, "81 a1 ff 02", EncodingError]
  }

  failures.each do |kind, (options, bad, error)|
    describe "after #{kind}" do
      subject(:unpacker) { described_class.new(options) }

      let(:failure) { raise_error(error) }

      it "read skips the rest of that object, calling nothing" do
        unpacker.feed(hex("92 #{bad} 01 07"))

        expect { unpacker.read }.to failure
        expect(unpacker.read).to eq(7)
      end

      it "everything around it in the object is skipped too" do
        unpacker.feed(hex("93 01 82 a1 61 92 #{bad} a1 62 #{bad} 92 #{bad} 02 a1 63 07 08"))

        expect { unpacker.read }.to failure
        expect([unpacker.read, unpacker.read]).to eq([7, 8])
      end

      it "the rest may still be to come" do
        unpacker.feed(hex("93 #{bad} a2"))
        expect { unpacker.read }.to failure
        expect_underflow { unpacker.read }
        expect_underflow { unpacker.feed(hex("61 62")).read }

        expect(unpacker.feed(hex("01 07")).read).to eq(7)
      end

      it "every other call skips it first" do
        calls = { "92" => :read_array_header, "82" => :read_map_header, "c0" => :skip_nil, "90" => :full_unpack }
        results = calls.map do |digits, method|
          unpacker.reset
          unpacker.feed(hex("92 #{bad} 01"))
          expect { unpacker.read }.to failure
          unpacker.feed(hex(digits)).public_send(method)
        end

        expect(results).to eq([2, 2, true, []])
      end

      it "skip skips it and the next object" do
        unpacker.feed(hex("92 #{bad} 01 07 08"))
        expect { unpacker.read }.to failure

        expect([unpacker.skip, unpacker.read]).to eq([nil, 8])
      end

      it "each comes out, and goes on when it is called again" do
        unpacker.feed(hex("01 92 #{bad} 02 03 04"))
        yielded = []
        expect { unpacker.each { |object| yielded << object } }.to failure
        unpacker.each { |object| yielded << object }

        expect(yielded).to eq([1, 3, 4])
      end

      it "the same may happen again" do
        unpacker.feed(hex("92 #{bad} 01 92 #{bad} 01 07"))
        2.times { expect { unpacker.read }.to failure }

        expect(unpacker.read).to eq(7)
      end

      it "reset and buffer.clear forget it" do
        %i[reset clear].each do |way|
          unpacker.feed(hex("92 #{bad}"))
          expect { unpacker.read }.to failure
          way == :reset ? unpacker.reset : unpacker.buffer.clear
          expect(unpacker.feed(hex("07")).read).to eq(7)
        end
      end
    end
  end

  describe "skipping the rest" do
    it "calls no handler" do
      called = []
      unpacker.register_exttype(5, false)
      unpacker.register_exttype(6) { |*arguments| called << arguments }
      unpacker.feed(hex("93 d4 05 aa d4 06 aa d4 05 aa 07"))
      expect { unpacker.read }.to refused

      expect(unpacker.read).to eq(7)
      expect(called).to eq([])
    end

    it "needs no skipping after a refused object that stands alone" do
      unpacker.register_exttype(5, false)
      unpacker.feed(hex("d4 05 aa 07"))

      expect { unpacker.read }.to refused
      expect(unpacker.read).to eq(7)
    end

    it "meets 0xc1 as any reading does" do
      unpacker.register_exttype(5, false)
      unpacker.feed(hex("93 d4 05 aa c1 07"))

      expect { unpacker.read }.to refused
      expect { unpacker.read }.to malformed
      expect(unpacker.read).to eq(7)
    end
  end

  describe "an error of a handler" do
    it "comes out as it is, without offset when it is none of ours" do
      mine = Class.new(StandardError).new("mine").freeze
      unpacker.register_exttype(5) { raise mine }

      expect(error_of { unpacker.feed(hex("91 d4 05 aa")).read }).to equal(mine)
    end

    it "gets the extended type's offset when it is an UnpackError without" do
      mine = MessagePack::MalformedFormatError.new("mine")
      unpacker.register_exttype(5) { raise mine }
      error = error_of { unpacker.feed(hex("93 01 a1 61 d4 05 aa")).read }

      expect(error).to equal(mine)
      expect([error.message, error.offset]).to eq(["mine", 4])
    end

    it "keeps the offset that it has" do
      unpacker.register_exttype(5) { |_type, data| MessagePack.unpack(data) }

      expect(offset_of { unpacker.feed(hex("93 01 a1 61 c7 03 05 92 01 c1")).read }).to eq(2)
    end

    it "comes out even when it is frozen" do
      mine = MessagePack::UnpackError.new("mine").freeze
      unpacker.register_exttype(5) { raise mine }

      expect(error_of { unpacker.feed(hex("91 d4 05 aa")).read }).to equal(mine)
    end

    it "lets an exit by throw be followed by the next object" do
      unpacker.register_exttype(5) { |type, _data| throw :out, type }
      unpacker.feed(hex("92 d4 05 aa 01 07"))

      expect(catch(:out) { unpacker.read }).to eq(5)
      expect(unpacker.read).to eq(7)
    end

    it "does not end each silently when it is an EOFError" do
      mine = EOFError.new("mine")
      unpacker.register_exttype(5) { raise mine }

      expect(error_of { unpacker.feed(hex("d4 05 aa 07")).each {} }).to equal(mine)
      expect(unpacker.to_a).to eq([7])
    end
  end
end
