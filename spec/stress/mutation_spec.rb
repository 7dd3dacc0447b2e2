# frozen_string_literal: true

require "stringio"

# Objects that handlers change while they are packed or unpacked. Changes of a length or count are RuntimeErrors
# (reentrancy_packer_spec.rb); here are those that leave it, those of what has not begun or is over, and those of
# strings and ios. What may come out stands in each example.
RSpec.describe MessagePack, "with objects that change meanwhile" do
  let(:packer) { MessagePack::Packer.new }
  let(:unpacker) { MessagePack::Unpacker.new }

  # An object that runs the block and is written as 7.
  def actor(&block)
    Object.new.tap { |object| object.define_singleton_method(:to_msgpack) { |pk| block.call && pk.write(7) } }
  end

  # Whatever the write gives: one of the objects, or RuntimeError and nothing written.
  def expect_one_of(object, *possible)
    packer.clear
    packer.write("before")
    result = begin
      MessagePack::Unpacker.new.feed(packer.write(object).to_s).to_a
    rescue RuntimeError => e
      [packer.to_s, e.class]
    end
    expect([*possible.map { |each| ["before", each] }, [bytes(0xa6, "before"), RuntimeError]]).to include(result)
    result
  end

  describe "an Array" do
    {
      "replaced by one as long" => [->(array) { array.replace([0, "x", "y", "z"]) }, [7, "x", "y", "z"]],
      "mapped" => [->(array) { array.map! { |it| it.is_a?(Integer) ? it + 1 : 5 } }, [7, 3, 4, 5]],
      "reversed" => [->(array) { array.reverse! }, [7, 3, 2, 7]],
      "shortened and made as long again" => [->(array) { array.pop && array.push("new") }, [7, 2, 3, "new"]],
      "shifted and made as long again" => [->(array) { array.shift && array.push("new") }, [7, 3, 4, "new"]],
      "cleared, collected and filled again" =>
        [->(array) { array.clear.then { GC.start } || array.push(1, "n", "e", "w") }, [7, "n", "e", "w"]],
      "frozen" => [->(array) { array.freeze }, [7, 2, 3, 4]]
    }.each do |what, (change, after)|
      it "that is #{what} is written as it is then, as it was, or not at all" do
        turn = 0
        array = [2, 3, 4]
        array.unshift(actor { (turn += 1) > 1 || change.call(array) })
        expect_one_of(array, after, [7, 2, 3, 4])
        expect(turn).to be >= 1
      end
    end

    it "that changes before its turn is written as it is at its turn" do
      later = [1]
      packer.write([actor { later.push("p", [2]) }, later])
      expect(packer.to_s).to eq(hex("92 07 93 01 a1 70 91 02"))
    end

    it "that changes after its turn is written as it was" do
      earlier = [1, ["x" * 40]]
      packer.write([earlier, actor { earlier.clear && GC.start.nil? }])
      expect(MessagePack.unpack(packer.to_s)).to eq([[1, ["x" * 40]], 7])
    end

    it "whose inner container changes at another place of the tree is written as each place finds it" do
      shared = [1]
      expect(packer.write([shared, actor { shared << 2 }, shared, actor { shared.clear }, shared]).to_s)
        .to eq(hex("95 91 01 07 92 01 02 07 90"))
    end

    it "that is put into itself meanwhile is too deep, or was over" do
      array = [1]
      expect { packer.write([actor { array << array }, array]) }.to raise_error(MessagePack::NestingError)
      expect(packer).to be_empty
    end
  end

  describe "a Hash" do
    {
      "gets another value for a later key" => [->(hash) { hash["z"] = "new" }, { "a" => 1, "k" => 7, "z" => "new" }],
      "gets another value for an earlier key" => [->(hash) { hash["a"] = "new" }, { "a" => 1, "k" => 7, "z" => 2 }],
      "rehashes" => [->(hash) { hash.rehash }, { "a" => 1, "k" => 7, "z" => 2 }],
      "compares by identity" => [->(hash) { hash.compare_by_identity }, { "a" => 1, "k" => 7, "z" => 2 }],
      "is replaced by one as large" =>
        [->(hash) { hash.replace({ "x" => 3, "y" => 4, "w" => 5 }) }, { "a" => 1, "k" => 7, "w" => 5 }],
      "loses a pair and gets another" =>
        [->(hash) { hash.delete("z") && (hash["y"] = 4) }, { "a" => 1, "k" => 7, "y" => 4 }],
      "loses the first pair and gets it back" =>
        [->(hash) { hash.delete("a") && (hash["a"] = 9) }, { "a" => 9, "k" => 7, "z" => 2 }],
      "is cleared and filled again" =>
        [->(hash) { hash.clear.merge!("a" => 1, "b" => 2, "c" => 3) }, { "a" => 1, "k" => 7, "c" => 3 }],
      "is frozen" => [->(hash) { hash.freeze }, { "a" => 1, "k" => 7, "z" => 2 }],
      "gets a default" => [->(hash) { hash.default = 5 }, { "a" => 1, "k" => 7, "z" => 2 }]
    }.each do |what, (change, after)|
      it "that #{what} is written as one or the other, or not at all" do
        [0, 40].each do |more|
          turn = 0
          rest = (0...more).to_h { |number| [number, number.to_s] }
          hash = { "a" => 1 }
          hash["k"] = actor do
            next true if (turn += 1) > 1

            # What Ruby itself refuses while a Hash is walked through is no concern of this example.
            begin
              change.call(hash)
            rescue RuntimeError
              true
            end
          end
          hash["z"] = 2
          hash.update(rest)
          packer.clear
          packer.write(hash)
        rescue RuntimeError
          expect(packer).to be_empty
        else
          written = MessagePack.unpack(packer.to_s)
          expect([after.merge(rest), { "a" => 1, "k" => 7, "z" => 2 }.merge(rest)]).to include(written)
        end
      end
    end

    it "whose key changes is written with the key as it was or is" do
      key = [1]
      hash = { key => actor { key << 2 }, "end" => 3 }
      expect_one_of(hash, { [1] => 7, "end" => 3 }, { [1, 2] => 7, "end" => 3 })
    end

    it "is refused to another thread that adds to it, by Ruby, or its write is refused" do
      hash = { "a" => 1, "k" => 2 }
      adding = lambda do
        hash["new"] = 1
      rescue RuntimeError
        true
      end
      hash["t"] = actor { Thread.new(&adding).join }
      expect_one_of(hash, { "a" => 1, "k" => 2, "t" => 7 })
    end
  end

  describe "a String" do
    [10, 300, 70_000, 600_000].each do |size|
      it "of #{size} bytes that changes after its turn is written as it was, before it as it is" do
        changes = [->(s) { s.replace("new") }, ->(s) { s.clear }, ->(s) { s.setbyte(3, 0x41) }, ->(s) { s << "more" },
                   ->(s) { s.force_encoding("BINARY") }, ->(s) { s.upcase! }, ->(s) { s.freeze }]
        changes.each do |change|
          text = "x" * size
          packer.write([text, actor { change.call(text).then { true } }, text])
          first, _seven, last = MessagePack.unpack(packer.full_pack)
          expect([first == "x" * size, last == text, last.encoding]).to eq([true, true, text.encoding])
        end
      end
    end

    it "that a handler writes and changes at once is written as it was" do
      klass = Class.new
      packer.register_lowlevel(klass) do |_object, pk|
        text = +"payload"
        pk.write(text).write_bin(text).write_symbol(text.to_sym).write_ext(5, text).buffer << text
        text.replace("spoiled")
      end
      part = bytes(0xa7, "payload", 0xc4, 7, "payload", 0xa7, "payload", 0xc7, 7, 5, "payload", "payload")
      # The handler's result is a String, which a registered low-level handler must not give.
      expect { packer.write(klass.new) }.to raise_error(TypeError)
      packer.register_lowlevel(klass) do |_object, pk|
        text = +"payload"
        pk.write(text).write_bin(text).write_symbol(text.to_sym).write_ext(5, text).buffer << text
        text.replace("spoiled") && nil
      end
      expect(packer.write(klass.new).to_s).to eq(part)
    end
  end

  describe "the source that is unpacked" do
    changes = {
      "replaced" => ->(s) { s.replace("\xC1".b * s.bytesize) }, "cleared" => ->(s) { s.clear },
      "cut" => ->(s) { s.slice!(0, s.bytesize / 2) }, "appended to" => ->(s) { s << ("y" * 100_000) },
      "given another encoding" => ->(s) { s.force_encoding("UTF-16LE") }, "frozen" => ->(s) { s.freeze },
      "overwritten" => ->(s) { s.bytesize.times { |at| s.setbyte(at, 0) } if s.bytesize < 1000 },
      "collected around" => ->(s) { s.replace("") && GC.start }
    }
    values = {
      "short" => ["a", 1, { "k" => "v" }],
      "long enough to be shared" => ["s" * 300, "t" * 70_000, { "k" => "u" * 5000 }]
    }

    changes.each do |what, change|
      it "may be #{what} by a handler: nothing of the result changes" do
        values.each do |size, value|
          next if what == "overwritten" && size != "short"

          message = bytes(0x93, ext_bytes(5, "x"), MessagePack.pack(value), ext_bytes(5, "y"))
          {
            "unpack" => ->(source, handler) { MessagePack.unpack(source, default_exttype: handler) },
            "feed" => ->(source, handler) { MessagePack::Unpacker.new(default_exttype: handler).feed(source).read },
            "feed_reference" =>
              ->(source, handler) { MessagePack::Unpacker.new(default_exttype: handler).feed_reference(source).read },
            "feed_each" => lambda do |source, handler|
              MessagePack::Unpacker.new(default_exttype: handler).feed_each(source).first
            end
          }.each do |way, call|
            source = message.dup
            handler = lambda do |_type, data|
              change.call(source) unless source.frozen?
              data
            end
            expect(call.call(source, handler) == ["x", value, "y"]).to be(true), "#{way}, #{size}"
          end
        end
      end
    end

    it "may change after the result is there, and the result may change: neither sees the other" do
      source = MessagePack.pack(["s" * 70_000, "t" * 300])
      copy = source.dup
      one, other = Array.new(2) { MessagePack.unpack(source) }
      one[0].setbyte(0, 0x41)
      one[1] << "more"
      expect([source == copy, other == ["s" * 70_000, "t" * 300]]).to eq([true, true])
      source.replace("z" * 80_000)
      expect([one[0] == "A#{"s" * 69_999}", one[1], other[1]]).to eq([true, "#{"t" * 300}more", "t" * 300])
    end

    it "leaves alone what handlers keep and change of their data" do
      kept = []
      handler = ->(_type, data) { kept.push(data) && data }
      message = bytes(0x92, ext_bytes(5, "p" * 300), ext_bytes(5, "q" * 300))
      result = MessagePack.unpack(message, default_exttype: handler)
      kept.each { |data| data.replace("spoiled") }
      expect(result).to eq(%w[spoiled spoiled])
      expect(MessagePack.unpack(message, default_exttype: ->(_type, data) { data })).to eq(["p" * 300, "q" * 300])
    end
  end

  describe "a key" do
    it "that a later handler changes keeps its place: the Hash has as many pairs as were sent" do
      key = nil
      unpacker.register_exttype(5) { |_type, data| key ? (key << data) : (key = [data]) }
      result = unpacker.feed(hex("82 d4 05 61 01 02 d4 05 62")).read
      expect(result.to_a).to eq([[%w[a b], 1], [2, %w[a b]]])
    end

    it "may be an object whose hash and eql? change the unpacker" do
      log = []
      target = unpacker
      klass = Class.new do
        define_method(:hash) { (log << :hash) && target.feed("\x08").then { 1 } }
        define_method(:eql?) { |_other| (log << :eql) && false }
      end
      unpacker.register_exttype(5) { klass.new }
      result = unpacker.feed(hex("83 d4 05 61 01 d4 05 62 02 a1 6b 03 07")).read
      expect([result.size, result["k"], unpacker.to_a.uniq]).to eq([3, 3, [7, 8]])
      expect(log).to include(:hash)
    end

    it "may be an object whose hash raises: the next object follows" do
      klass = Class.new { def hash = raise(IOError, "mine") }
      unpacker.register_exttype(5) { klass.new }
      unpacker.feed(hex("82 d4 05 61 01 02 03 07"))
      expect { unpacker.read }.to raise_error(IOError, "mine")
      expect(unpacker.read).to eq(7)
    end
  end

  describe "an io" do
    it "that a handler of the Packer closes gets nothing more, and nothing is lost" do
      io = StringIO.new("".b)
      packer = MessagePack::Packer.new(io).write(1).flush
      packer.write([actor { io.close.nil? }, 2])
      expect { packer.flush }.to raise_error(IOError)
      expect([io.string, packer.to_s]).to eq([hex("01"), hex("92 07 02")])
      io.reopen(+"".b, "w")
      packer.flush
      expect(io.string).to eq(hex("92 07 02"))
    end

    it "that a handler of the Packer freezes gets nothing more, and nothing is lost" do
      io = +"".b
      packer = MessagePack::Packer.new(io)
      packer.write([actor { io.freeze }, 2])
      expect { packer.flush }.to raise_error(FrozenError)
      expect([io, packer.to_s]).to eq(["", hex("92 07 02")])
      other = StringIO.new("".b)
      expect([packer.write_to(other), other.string]).to eq([3, hex("92 07 02")])
    end

    it "that a handler of the Unpacker closes ends what is not read yet, and what was read stays" do
      io = StringIO.new(hex("93 d4 05 61 01"))
      unpacker = MessagePack::Unpacker.new(io)
      unpacker.register_exttype(5) { |_type, data| io.close || data }
      2.times { expect { unpacker.read }.to raise_error(IOError, "not opened for reading") }
      io.reopen(hex("02 07"))
      expect([unpacker.read, unpacker.read]).to eq([["a", 1, 2], 7])
    end

    it "that a handler of the Unpacker rewinds gives its bytes again, and no others" do
      io = StringIO.new(hex("92 d4 05 61 01"))
      unpacker = MessagePack::Unpacker.new(io)
      turn = 0
      unpacker.register_exttype(5) { |_type, data| (turn += 1) > 1 || io.rewind.nil? || data }
      expect([unpacker.read.last, unpacker.read.last]).to eq([1, 1])
      expect { unpacker.read }.to raise_error(EOFError)
    end

    it "that writes into the very Packer that flushes into it gets its bytes in order" do
      io = ScriptedSink.new(->(taken) { (io.taken << taken) && packer_of(io).write("W") && taken.bytesize })
      packer_of(io).write("abc").flush
      packer_of(io).flush
      expect(io.taken).to eq(bytes(0xa3, "abc", 0xa1, "W"))
    end

    def packer_of(io)
      @packer_of ||= MessagePack::Packer.new(io)
    end
  end
end
