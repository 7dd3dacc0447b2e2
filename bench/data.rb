# frozen_string_literal: true

module Bench
  # The values that the rows pack and unpack. Every generator is deterministic:
  # both peers, each in its own process, build the same value from the same seed.
  module Data
    SEED = 20_150_604
    WORDS = %w[alpha bravo carrot delta ember forest garden harbour island jasmine kettle lantern meadow
               north orchard pepper quartz river silver timber umbrella valley willow yellow zephyr].freeze
    # One, two, three and four bytes in UTF-8.
    LETTERS = ["a", "e", "n", " ", "é", "ß", "Ω", "ж", "漢", "字", "語", "한", "🙂", "🚀"].freeze

    # Specs have everything smaller: BENCH_DIVIDE=100.
    DIVISOR = Integer(ENV.fetch("BENCH_DIVIDE", 1))

    Point = Struct.new(:x, :y)

    # A Point that writes itself, as classes without registration do.
    class WritingPoint < Point
      def to_msgpack(packer)
        packer.write_array_header(2).write(x).write(y)
      end
    end

    module_function

    def random
      Random.new(SEED)
    end

    # @return [Integer] so many, or fewer where everything is smaller
    def many(count)
      [count / DIVISOR, 1].max
    end

    def small_message
      { "id" => 4711, "user" => "ann", "ok" => true, "tags" => ["a", 1] }
    end

    # What a remote call is often made of.
    def three_elements
      [0, 4711, "ping"]
    end

    def log_record(number = 0, rng = random)
      {
        "time" => 1_433_382_086 + number, "level" => %w[debug info warn error][number % 4],
        "host" => "app-#{number % 16}.example.org", "pid" => 1000 + rng.rand(60_000),
        "message" => "GET /#{WORDS.sample(random: rng)}/#{rng.rand(1_000_000)} gave 200 in #{rng.rand(900)} ms",
        "duration" => rng.rand, "user" => nil, "cached" => number.even?,
        "fields" => { "bytes" => rng.rand(2**20), "remote" => "192.0.2.#{rng.rand(256)}", "retry" => 0 }
      }
    end

    def log_records(count)
      rng = random
      Array.new(count) { |number| log_record(number, rng) }
    end

    # A nested document with the same keys again and again, about 400 KB packed.
    def api_response
      rng = random
      items = Array.new(many(1_000)) { |number| api_item(number, rng) }
      { "status" => "ok", "page" => 1, "total" => 1_000, "items" => items, "next" => nil }
    end

    def api_item(number, rng)
      {
        "id" => 10_000_000 + number, "name" => words(rng, 3), "description" => words(rng, 14),
        "private" => rng.rand(8).zero?, "score" => rng.rand * 100, "parent" => nil,
        "owner" => { "login" => words(rng, 1), "id" => rng.rand(2**31), "type" => "User", "admin" => false },
        "counts" => { "stars" => rng.rand(5_000), "forks" => rng.rand(300), "issues" => rng.rand(50) },
        "topics" => Array.new(rng.rand(1..5)) { WORDS.sample(random: rng) },
        "created_at" => "2015-06-04T01:41:26Z", "updated_at" => "2015-06-#{format("%02d", 1 + (number % 30))}T12:00:00Z"
      }
    end

    def words(rng, count)
      Array.new(count) { WORDS.sample(random: rng) }.join(" ")
    end

    # Every width of the format, both signs, no Bignum above 64 bits.
    def ints
      rng = random
      Array.new(many(10_000)) { |i| (rng.rand(2**[5, 7, 8, 15, 16, 31, 32, 62][i % 8]) * (i % 3 == 2 ? -1 : 1)) }
    end

    def floats
      rng = random
      Array.new(many(10_000)) { (rng.rand - 0.5) * (10**rng.rand(-3..6)) }
    end

    # Rings of longitude and latitude, as GeoJSON has them.
    def coordinates
      rng = random
      Array.new(many(200)) do
        Array.new(50) { [rng.rand(-180.0..180.0).round(6), rng.rand(-90.0..90.0).round(6)] }
      end
    end

    def short_strings
      rng = random
      Array.new(many(10_000)) { |i| "#{WORDS.sample(random: rng)}-#{i % 977}" }
    end

    def long_strings
      rng = random
      Array.new(many(200)) { Array.new(1_000) { LETTERS.sample(random: rng) }.join }
    end

    def symbol_rows
      rng = random
      Array.new(many(1_000)) do |id|
        { id: id, name: WORDS.sample(random: rng), price: rng.rand(10_000), available: id.odd?, ratio: rng.rand }
      end
    end

    def wide_map
      rng = random
      (0...many(5_000)).to_h { |i| ["#{WORDS.sample(random: rng)}.#{i}", i] }
    end

    # 100 containers: below every peer's limit (128 in old versions of the C gem).
    def deep_nesting
      (0...100).reduce("core") { |inner, level| level.even? ? [level, inner] : { "level" => inner } }
    end

    def binary
      random.bytes(many(1 << 20))
    end

    def points(klass = Point)
      rng = random
      Array.new(many(1_000)) { klass.new(rng.rand(-1_000..1_000), rng.rand(-1_000..1_000)) }
    end

    # All three forms of a timestamp: whole seconds, with a fraction, beyond 34 bits.
    def times
      rng = random
      Array.new(many(1_000)) do |i|
        Time.at(rng.rand(2**[31, 33, 40][i % 3]), (i % 3).zero? ? 0 : rng.rand(1_000_000_000), :nsec)
      end
    end

    # Integers that need an extended type: 65 to 264 bits.
    def big_integers
      rng = random
      Array.new(many(1_000)) { |i| (2**(64 + (i % 200))) + rng.rand(2**64) }
    end
  end
end
