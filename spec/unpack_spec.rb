# frozen_string_literal: true

RSpec.describe MessagePack do
  %i[unpack load].each do |name|
    describe ".#{name}" do
      define_method(:unpack) { |*arguments, **options| described_class.public_send(name, *arguments, **options) }

      it "reads one object of a String" do
        expect(unpack(hex("93 01 a2 c3 a9 81 a1 6b c0"))).to eq([1, "é", { "k" => nil }])
      end

      it "counts the String's bytes, whatever its encoding tag", :aggregate_failures do
        Encoding.list.each do |tag|
          expect(unpack(hex("a2 c3 a9").force_encoding(tag))).to eq("é"), tag.name
        end
      end

      it "leaves the String as it was" do
        source = hex("a1 61").force_encoding(Encoding::UTF_16BE)
        unpack(source) << "b"

        expect(source.bytes).to eq([0xa1, 0x61])
        expect(source.encoding).to be(Encoding::UTF_16BE)
        expect(source).not_to be_frozen
        expect(unpack(source.freeze)).to eq("a")
      end

      it "reads a String's subclass, and a part of a long String" do
        expect(unpack(Class.new(String).new(hex("92 01 02")))).to eq([1, 2])
        expect(unpack((("\xC1".b * 100) + hex("92 01 02")).byteslice(100, 3))).to eq([1, 2])
      end

      it "is not concerned by a handler that changes the String" do
        source = bytes(0x93, 0xd4, 5, 0xaa, 0xda, [300].pack("n"), "x" * 300, 7)
        change = lambda do |_type, data|
          source.replace("\xC1".b * 2000)
          GC.start
          data
        end

        expect(unpack(source, default_exttype: change)).to eq(["\xAA".b, "x" * 300, 7])
      end

      it "does not read what a handler appends to the String when all of it has been read" do
        append = lambda do |source|
          ->(_type, data) { (source << hex("07 08")) && data }
        end
        whole = hex("92 01 81 02 d4 05 aa")
        cut = hex("93 01 d4 05 aa")

        expect(unpack(whole, default_exttype: append.call(whole))).to eq([1, { 2 => "\xAA".b }])
        expect { unpack(cut, default_exttype: append.call(cut)) }.to raise_error(MessagePack::UnderflowError)
      end

      it "reads what has to_str: a Packer, a Buffer, anything" do
        buffer = MessagePack::Buffer.new
        buffer.write(hex("92 01 02"))
        own = Class.new { def to_str = "\x92\x01\x02".b }.new

        expect([MessagePack::Packer.new.write([1, 2]), buffer, own].map { |source| unpack(source) }).to all(eq([1, 2]))
      end

      it "reads an io: StringIO, file, pipe, one that has only read or readpartial" do
        reader, writer = IO.pipe
        writer << hex("92 01 02")
        sources = [StringIO.new(hex("92 01 02")), reader, ScriptedReadOnlyIO.new(hex("92 01"), hex("02")),
                   ScriptedIO.new(hex("92"), hex("01 02"))]

        expect(sources.map { |source| unpack(source) }).to all(eq([1, 2]))
      ensure
        reader.close
        writer.close
      end

      it "never waits for more than its object" do
        source = ScriptedIO.new(hex("92 01"), hex("02"), -> { raise "asked for more than it needed" })

        expect(unpack(source)).to eq([1, 2])
      end

      it "takes options", :aggregate_failures do
        expect(unpack(hex("81 a1 61 01"), symbolize_keys: true)).to eq(a: 1)
        expect(described_class.public_send(name, hex("81 a1 61 01"), { symbolize_keys: true })).to eq(a: 1)
        expect(unpack(StringIO.new(hex("81 a1 61 01")), symbolize_keys: true)).to eq(a: 1)
        expect(unpack(hex("d4 05 aa"), default_exttype: ->(type, data) { [type, data] })).to eq([5, "\xAA".b])
        expect(unpack(hex("07"), nil)).to eq(7)
        expect(unpack(hex("07"), no_such_option: true)).to eq(7)
      end

      it "raises UnderflowError for nothing", :aggregate_failures do
        [nil, "", StringIO.new(""), ScriptedIO.new, ScriptedIO.new(nil), ScriptedReadOnlyIO.new("")].each do |source|
          error = error_of { unpack(source) }
          expect(error).to be_a(MessagePack::UnderflowError)
          expect(error.offset).to eq(0)
        end
      end

      it "raises UnderflowError for a truncated object", :aggregate_failures do
        message = hex("93 01 a2 61 62 cd 01 00")
        0.upto(message.bytesize - 1) do |size|
          expect_underflow { unpack(message.byteslice(0, size)) }
          expect_underflow { unpack(StringIO.new(message.byteslice(0, size))) }
        end
      end

      it "says how many bytes are left over" do
        error = error_of { unpack(hex("92 01 02 c0 c0 c0 c0 c0")) }

        expect(error).to be_a(MessagePack::MalformedFormatError)
        expect(error.message).to match(/\b5\b/)
        expect(error.offset).to eq(3)
        expect { unpack(StringIO.new(hex("01 02 03"))) }.to raise_error(MessagePack::MalformedFormatError, /\b2\b/)
      end

      it "refuses what is neither String nor io, and names them", :aggregate_failures do
        [42, :symbol, 1.5, true, Object.new, [1]].each do |wrong|
          error = error_of { unpack(wrong) }
          expect(error).to be_a(TypeError).or be_a(ArgumentError)
          expect(error.message).to match(/String|read/)
        end
        expect { unpack(Class.new { def to_str = 42 }.new) }.to raise_error(TypeError)
      end

      it "passes an io's and a handler's own error untouched" do
        mine = IOError.new("mine")

        expect(error_of { unpack(ScriptedIO.new(hex("92"), mine)) }).to equal(mine)
        expect(error_of { unpack(hex("d4 05 aa"), default_exttype: ->(_type, _data) { raise mine }) }).to equal(mine)
      end

      it "may be called by a handler of its own" do
        nested = ->(_type, data) { unpack(data, default_exttype: nested) }

        expect(unpack(hex("92 c7 07 05 92 c7 02 05 91 01 02 03"), default_exttype: nested)).to eq([[[1], 2], 3])
      end

      it "lets a handler throw, and works afterwards" do
        out = catch(:out) { unpack(hex("92 01 d4 05 aa"), default_exttype: ->(type, _data) { throw :out, type }) }

        expect(out).to eq(5)
        expect(unpack(hex("92 01 02"))).to eq([1, 2])
      end
    end
  end
end
