# frozen_string_literal: true

# What a container costs must not grow with what it has already: a message of a few megabytes could keep a process busy
# for hours. Three million pairs take a second; when each batch of them made Ruby go through all that were there, they
# took half a minute. The system ends a process that needs so many seconds of its processor.
RSpec.describe "Containers of millions of values", :slow do
  seconds = 15
  before { need(Process.const_defined?(:RLIMIT_CPU), "a limit on a process's time") }

  map = <<~'RUBY'
    COUNT = 3_000_000
    BYTES = ([0xdf, COUNT].pack("CN") + (0...COUNT).map { |i| [0xce, i, i & 127].pack("CNC") }.join).freeze
    def whole?(map) = map.size == COUNT && map[COUNT - 1] == (COUNT - 1) & 127 && map.first == [0, 0]
  RUBY

  {
    "a map" => "#{map}puts whole?(MessagePack.unpack(BYTES))",
    "a map that comes in pieces" => <<~RUBY,
      #{map}
      unpacker = MessagePack::Unpacker.new
      found = (0...BYTES.bytesize).step(65_536).flat_map { |at| unpacker.feed(BYTES.byteslice(at, 65_536)).each.to_a }
      puts found.size == 1 && whole?(found.first)
    RUBY
    "a map whose keys are Symbols or Arrays" => <<~'RUBY',
      { symbolize_keys: ->(i) { "k#{i}" }, freeze: ->(i) { [i] } }.each do |option, key|
        bytes = [0xdf, 400_000].pack("CN") + (0...400_000).map { |i| key.call(i).to_msgpack + "\x07" }.join
        map = MessagePack.unpack(bytes, option => true)
        puts map.size == 400_000 && map.values.uniq == [7]
      end
    RUBY
    "a map with one key again and again" => <<~'RUBY',
      bytes = [0xdf, 3_000_000].pack("CN") + "\x01\x02".b * 2_999_999 + "\x01\x03".b
      puts MessagePack.unpack(bytes) == { 1 => 3 }
    RUBY
    "an array" => <<~'RUBY'
      array = MessagePack.unpack([0xdd, 5_000_000].pack("CN") + "\x91\x05".b * 5_000_000)
      puts array.size == 5_000_000 && array.last == [5]
    RUBY
  }.each do |what, script|
    it "take no more for each than smaller ones do: #{what}" do
      result = in_subprocess(<<~RUBY)
        Process.setrlimit(:CPU, #{seconds})
        require "msgpack-ext"
        #{script}
      RUBY
      expect(result.stdout.lines(chomp: true).uniq).to eq(["true"]), result.to_s
    end
  end
end
