# frozen_string_literal: true

# Eight threads at once, with handlers that let the others run: with objects of their own, and with one that they share.
RSpec.describe MessagePack, "in eight threads at once" do
  let(:count) { 8 }
  let(:turns) { 60 }

  # A text whose handlers let other threads run.
  let(:name) { Struct.new(:text) { def to_exttype = Thread.pass || text } }
  # One that is written by to_msgpack.
  let(:slow) { Class.new { def to_msgpack(packer) = Thread.pass || packer.write(7) } }

  # Runs the block in each thread, at the same moment, and gives what they gave.
  def in_threads
    ready = Queue.new
    go = Queue.new
    threads = Array.new(count) do |number|
      Thread.new do
        ready << true
        go.pop
        yield number
      end
    end
    threads.each { |thread| thread.report_on_exception = false }
    count.times { ready.pop }
    go.close
    threads.map(&:value)
  end

  # Each thread's own value, of strings that nobody else has.
  def value_of(number, turn)
    [number, turn, { "thread #{number}" => name.new("#{number}/#{turn}") }, "x" * (number * turn), name.new("end")]
  end

  def passing(unpacker)
    unpacker.register_exttype(5) { |_type, data| Thread.pass || name.new(data) }
    unpacker
  end

  describe "each with its own" do
    it "Packer and Unpacker" do
      results = in_threads do |number|
        packer = MessagePack::Packer.new
        packer.register_exttype(name, 5)
        unpacker = passing(MessagePack::Unpacker.new)
        (0...turns).all? do |turn|
          unpacker.feed(packer.write(value_of(number, turn)).full_pack).read == value_of(number, turn)
        end
      end
      expect(results).to eq([true] * count)
    end

    it "io, in pieces" do
      results = in_threads do |number|
        sink = ScriptedSink.new(*(1..50).map { |step| ((step * number) % 7) + 1 })
        packer = MessagePack::Packer.new(sink)
        packer.register_exttype(name, 5)
        values = Array.new(10) { |turn| value_of(number, turn) }
        values.each { |value| packer.write(value).flush }
        pieces = sink.taken.scan(/.{1,11}/mn).map { |piece| -> { Thread.pass || piece } }
        passing(MessagePack::Unpacker.new(ScriptedIO.new(*pieces))).to_a == values
      end
      expect(results).to eq([true] * count)
    end

    it "call of the module functions, while the class-level table changes" do
      keeping_class_level_targets do
        pass = ->(_type, data) { Thread.pass || data }
        MessagePack::Unpacker.register_exttype(5, pass)
        results = in_threads do |number|
          (0...turns).all? do |turn|
            MessagePack::Unpacker.register_exttype(20 + number) { turn }
            message = MessagePack.pack([MessagePack::ExtType.new(5, "#{number}/#{turn}"), slow.new,
                                        MessagePack::ExtType.new(20 + number, "")])
            MessagePack.unpack(message) == ["#{number}/#{turn}", 7, turn]
          end
        end
        expect(results).to eq([true] * count)
      end
    end

    it "error, and nobody else's" do
      results = in_threads do |number|
        mine = Class.new(StandardError)
        packer = MessagePack::Packer.new.write(number)
        unpacker = MessagePack::Unpacker.new
        unpacker.register_exttype(5) { Thread.pass || raise(mine, number.to_s) }
        failing = Class.new do
          define_method(:to_msgpack) { |pk| pk.write("part") && (Thread.pass || raise(mine, number.to_s)) }
        end
        Array.new(turns) do |turn|
          errors = [error_of { packer.write([1, failing.new]) },
                    error_of { unpacker.feed(bytes(0x92, ext_bytes(5, "x"), 1, 0xcc, turn)).read }]
          errors.all? { |error| error.instance_of?(mine) && error.message == number.to_s } &&
            unpacker.read == turn && packer.to_s == bytes(number)
        end.all?
      end
      expect(results).to eq([true] * count)
    end
  end

  describe "with one Packer" do
    let(:packer) { MessagePack::Packer.new }

    it "writes whole objects, each thread's in its order, where no handler lets others in" do
      in_threads do |number|
        turns.times do |turn|
          packer.write([number, turn, { "k" => "x" * turn }])
          Thread.pass
        end
      end
      objects = MessagePack::Unpacker.new.feed(packer.to_s).to_a
      expect(objects.map { |_, turn, map| map == { "k" => "x" * turn } }.uniq).to eq([true])
      by_thread = objects.group_by(&:first).transform_values { |own| own.map { |object| object[1] } }
      expect(by_thread).to eq((0...count).to_h { |number| [number, (0...turns).to_a] })
    end

    it "loses nothing and doubles nothing, where the handlers let others in" do
      results = in_threads do |number|
        (0...turns).map do |turn|
          packer.write([slow.new, bytes(number, turn), slow.new])
        rescue RuntimeError => e
          e.class
        end
      end
      # A write that comes in while a handler runs goes into the midst of the other's: the bytes are those of all.
      expect(results.flatten.uniq).to eq([packer])
      pieces = packer.to_s.scan(/\x93|\x07|\xc4\x02../mn).tally
      own = (0...count).flat_map { |number| (0...turns).map { |turn| [bytes(0xc4, 2, number, turn), 1] } }.to_h
      # Number 7 and turn 7 look like what the handlers write, but only inside of a piece that begins with c4.
      expect(pieces).to eq({ "\x93".b => count * turns, "\x07" => 2 * count * turns, **own })
    end

    it "rolls back no more than what failed" do
      outcomes = in_threads do |number|
        Array.new(turns) do |turn|
          if number.even?
            packer.write([number, turn, "end"]) && Thread.pass
          else
            error_of { packer.write([slow.new, "half", Object.new]) }.class
          end
        end
      end
      expect(outcomes.flatten.compact.uniq - [NoMethodError, RuntimeError]).to eq([])
      # What a good write has put into the midst of one that fails may go with it, or make that one fail otherwise;
      # what is there to its end is there once.
      whole = packer.to_s.scan(/\x93[\x00\x02\x04\x06].\xA3end/mn)
      expect(whole.uniq.size).to eq(whole.size)
      packer.clear
      expect(packer.write([1]).full_pack).to eq(hex("91 01"))
    end
  end

  describe "with one Unpacker" do
    let(:unpacker) { passing(MessagePack::Unpacker.new) }
    let(:values) { Array.new(200) { |turn| [name.new(turn.to_s), turn, "x" * turn, name.new("end")] } }

    let(:sent) do
      packer = MessagePack::Packer.new
      packer.register_exttype(name, 5)
      values.each_with_object(packer) { |value, pk| pk.write(value) }.to_s
    end

    before { unpacker.feed(sent) }

    # What the threads get until there is no more.
    def drained(&call)
      lists = in_threads do
        got = []
        begin
          loop { got << call.call(unpacker) }
        rescue EOFError
          got
        rescue RuntimeError => e
          raise unless e.instance_of?(RuntimeError)

          Thread.pass
          retry
        end
      end
      expect(lists).to all(be_an(Array))
      lists
    end

    it "gives each object whole, to one of the threads, once" do
      lists = drained(&:read)
      expect(lists.flatten(1).sort_by { |it| it[1] }).to eq(values)
      expect(lists.map { |own| own.map { |it| it[1] } }).to all(satisfy { |turns| turns == turns.sort })
    end

    it "gives and skips each once" do
      lists = drained { |u| [u.read, u.skip] }
      got = lists.flatten(1).map(&:first)
      expect(got - values).to eq([])
      expect(got.uniq.size).to eq(got.size)
      expect([unpacker.tell, unpacker.buffer.size]).to eq([sent.bytesize, 0])
    end

    it "takes what all of them feed, whole pieces in each one's order" do
      unpacker.reset
      got = Queue.new
      in_threads do |number|
        turns.times do |turn|
          unpacker.feed(bytes(0x93, ext_bytes(5, number.to_s), number, 0xcc, turn))
          begin
            unpacker.each { |object| got << object }
          rescue RuntimeError
            Thread.pass
          end
        end
      end
      unpacker.each { |object| got << object }
      objects = Array.new(got.size) { got.pop }
      expect(objects.map { |name, number, _| name.text == number.to_s }.uniq).to eq([true])
      expect(objects.map { |_, number, turn| [number, turn] }.sort)
        .to eq((0...count).flat_map { |number| (0...turns).map { |turn| [number, turn] } })
    end
  end

  describe "with one Buffer" do
    it "has all that was written in whole pieces, and gives each byte once" do
      buffer = MessagePack::Buffer.new
      read = in_threads do |number|
        Array.new(turns) do |turn|
          buffer << bytes(number, turn, number ^ turn)
          Thread.pass
          number.even? ? buffer.read_all(3) : ""
        end.join
      end.join
      pieces = (read + buffer.read).scan(/.../mn).sort
      expect(pieces).to eq((0...count).flat_map { |n| (0...turns).map { |turn| bytes(n, turn, n ^ turn) } }.sort)
    end
  end

  describe "with one Factory" do
    it "packs and unpacks while types are registered, and sees each registration whole" do
      box = Struct.new(:value)
      factory = MessagePack::Factory.new
      factory.register_type(1, box, packer: ->(it, packer) { Thread.pass || packer.write(it.value) }, recursive: true,
                                    unpacker: ->(child) { Thread.pass || box.new(child.read) })
      results = in_threads do |number|
        (0...turns).all? do |turn|
          value = [box.new([number, box.new(turn)]), "x" * turn]
          mine = Class.new
          factory.register_type(10 + number, mine, packer: ->(_) { "m#{turn}" }, unpacker: ->(data) { [data, turn] })
          factory.load(factory.dump(value)) == value && factory.load(factory.dump(mine.new)) == ["m#{turn}", turn]
        end
      end
      expect(results).to eq([true] * count)
      expect(factory.registered_types.map { |type| type[:type] }).to include(1, *10..17)
    end
  end
end
