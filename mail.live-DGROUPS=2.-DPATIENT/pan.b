	switch (t->back) {
	default: Uerror("bad return move");
	case  0: goto R999; /* nothing to undo */

		 /* CLAIM live */
;
		;
		;
		;
		;
		;
		;
		;
		
	case 7: // STATE 20
		;
		p_restor(II);
		;
		;
		goto R999;

		 /* PROC host */
	case 8: // STATE 10
		sv_restor();
		goto R999;
;
		;
			case 10: // STATE 21
		sv_restor();
		goto R999;
	case 11: // STATE 31
		sv_restor();
		goto R999;
	case 12: // STATE 38
		sv_restor();
		goto R999;

	case 13: // STATE 39
		;
		now.lost = trpt->bup.oval;
		;
		goto R999;
	case 14: // STATE 52
		sv_restor();
		goto R999;

	case 15: // STATE 56
		;
		p_restor(II);
		;
		;
		goto R999;

		 /* PROC device */
	case 16: // STATE 4
		sv_restor();
		goto R999;

	case 17: // STATE 8
		;
		p_restor(II);
		;
		;
		goto R999;

		 /* PROC group */

	case 18: // STATE 3
		;
		now.arrived = trpt->bup.ovals[1];
		((P1 *)_this)->me = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 2);
		goto R999;

	case 19: // STATE 5
		;
	/* 0 */	((P1 *)_this)->me = trpt->bup.oval;
		;
		;
		goto R999;
	case 20: // STATE 270
		sv_restor();
		goto R999;

	case 21: // STATE 6
		;
		((P1 *)_this)->cursor = trpt->bup.oval;
		;
		goto R999;

	case 22: // STATE 7
		;
		((P1 *)_this)->b = trpt->bup.oval;
		;
		goto R999;

	case 23: // STATE 8
		;
		((P1 *)_this)->busy = trpt->bup.oval;
		;
		goto R999;
;
		;
		;
		;
		;
		;
		
	case 27: // STATE 15
		;
		((P1 *)_this)->busy = trpt->bup.oval;
		;
		goto R999;

	case 28: // STATE 16
		;
		((P1 *)_this)->b = trpt->bup.oval;
		;
		goto R999;

	case 29: // STATE 22
		;
	/* 0 */	((P1 *)_this)->given = trpt->bup.oval;
		;
		;
		goto R999;
;
		;
		
	case 31: // STATE 24
		;
		now.box[ Index(((P1 *)_this)->given, 1) ] = trpt->bup.oval;
		;
		goto R999;

	case 32: // STATE 25
		;
		now.holder[ Index(now.job[ Index(((P1 *)_this)->given, 1) ], 2) ] = trpt->bup.oval;
		;
		goto R999;
	case 33: // STATE 35
		sv_restor();
		goto R999;
;
		;
		;
		;
		
	case 36: // STATE 38
		;
		now.box[ Index(((P1 *)_this)->given, 1) ] = trpt->bup.oval;
		;
		goto R999;

	case 37: // STATE 39
		;
		now.holder[ Index(now.job[ Index(((P1 *)_this)->given, 1) ], 2) ] = trpt->bup.oval;
		;
		goto R999;
;
		;
		;
		;
		
	case 40: // STATE 44
		;
		now.box[ Index(((P1 *)_this)->given, 1) ] = trpt->bup.oval;
		;
		goto R999;

	case 41: // STATE 45
		;
		now.holder[ Index(now.job[ Index(((P1 *)_this)->given, 1) ], 2) ] = trpt->bup.oval;
		;
		goto R999;
	case 42: // STATE 55
		sv_restor();
		goto R999;
	case 43: // STATE 65
		sv_restor();
		goto R999;

	case 44: // STATE 70
		;
		((P1 *)_this)->given = trpt->bup.oval;
		;
		goto R999;

	case 45: // STATE 72
		;
	/* 0 */	((P1 *)_this)->busy = trpt->bup.oval;
		;
		;
		goto R999;
	case 46: // STATE 79
		sv_restor();
		goto R999;

	case 47: // STATE 80
		;
	/* 0 */	((P1 *)_this)->b = trpt->bup.oval;
		;
		;
		goto R999;
	case 48: // STATE 86
		sv_restor();
		goto R999;
	case 49: // STATE 94
		sv_restor();
		goto R999;
;
		;
		
	case 51: // STATE 99
		;
		now.job[ Index(((P1 *)_this)->b, 1) ] = trpt->bup.oval;
		;
		goto R999;

	case 52: // STATE 100
		;
		((P1 *)_this)->given = trpt->bup.oval;
		;
		goto R999;

	case 53: // STATE 103
		;
		((P1 *)_this)->cursor = trpt->bup.oval;
		;
		goto R999;

	case 54: // STATE 104
		;
	/* 1 */	((P1 *)_this)->busy = trpt->bup.ovals[1];
	/* 0 */	((P1 *)_this)->b = trpt->bup.ovals[0];
		;
		;
		ungrab_ints(trpt->bup.ovals, 2);
		goto R999;
;
		;
		
	case 56: // STATE 106
		;
		((P1 *)_this)->cursor = trpt->bup.oval;
		;
		goto R999;

	case 57: // STATE 109
		;
		((P1 *)_this)->b = trpt->bup.oval;
		;
		goto R999;

	case 58: // STATE 110
		;
		((P1 *)_this)->busy = trpt->bup.oval;
		;
		goto R999;

	case 59: // STATE 119
		;
	/* 0 */	((P1 *)_this)->given = trpt->bup.oval;
		;
		;
		goto R999;
;
		;
		
	case 61: // STATE 121
		;
		now.box[ Index(((P1 *)_this)->given, 1) ] = trpt->bup.oval;
		;
		goto R999;

	case 62: // STATE 122
		;
		now.holder[ Index(now.job[ Index(((P1 *)_this)->given, 1) ], 2) ] = trpt->bup.oval;
		;
		goto R999;
	case 63: // STATE 132
		sv_restor();
		goto R999;
;
		;
		;
		;
		
	case 66: // STATE 135
		;
		now.box[ Index(((P1 *)_this)->given, 1) ] = trpt->bup.oval;
		;
		goto R999;

	case 67: // STATE 136
		;
		now.holder[ Index(now.job[ Index(((P1 *)_this)->given, 1) ], 2) ] = trpt->bup.oval;
		;
		goto R999;
;
		;
		;
		;
		
	case 70: // STATE 141
		;
		now.box[ Index(((P1 *)_this)->given, 1) ] = trpt->bup.oval;
		;
		goto R999;

	case 71: // STATE 142
		;
		now.holder[ Index(now.job[ Index(((P1 *)_this)->given, 1) ], 2) ] = trpt->bup.oval;
		;
		goto R999;
	case 72: // STATE 152
		sv_restor();
		goto R999;
	case 73: // STATE 162
		sv_restor();
		goto R999;

	case 74: // STATE 167
		;
		((P1 *)_this)->given = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 2);
		goto R999;

	case 75: // STATE 169
		;
		now.cursor_word = trpt->bup.oval;
		;
		goto R999;

	case 76: // STATE 170
		;
		now.stop = trpt->bup.oval;
		;
		goto R999;
;
		;
		
	case 78: // STATE 172
		;
		((P1 *)_this)->b = trpt->bup.oval;
		;
		goto R999;

	case 79: // STATE 173
		;
		now.box[ Index(((P1 *)_this)->b, 1) ] = trpt->bup.oval;
		;
		goto R999;
;
		;
			case 81: // STATE 177
		sv_restor();
		goto R999;

	case 82: // STATE 178
		;
		((P1 *)_this)->stays = trpt->bup.oval;
		;
		goto R999;

	case 83: // STATE 179
		;
		now.box[ Index(((P1 *)_this)->b, 1) ] = trpt->bup.oval;
		;
		goto R999;
;
		;
		
	case 85: // STATE 181
		;
		((P1 *)_this)->stays = trpt->bup.oval;
		;
		goto R999;
	case 86: // STATE 189
		sv_restor();
		goto R999;
	case 87: // STATE 197
		sv_restor();
		goto R999;
	case 88: // STATE 204
		sv_restor();
		goto R999;
	case 89: // STATE 209
		sv_restor();
		goto R999;
	case 90: // STATE 214
		sv_restor();
		goto R999;
	case 91: // STATE 218
		sv_restor();
		goto R999;

	case 92: // STATE 222
		;
	/* 0 */	((P1 *)_this)->b = trpt->bup.oval;
		;
		;
		goto R999;
;
		;
		;
		;
		
	case 95: // STATE 226
		;
		now.box[ Index(((P1 *)_this)->b, 1) ] = trpt->bup.oval;
		;
		goto R999;
;
		;
		
	case 97: // STATE 239
		;
		now.left = trpt->bup.oval;
		;
		goto R999;
;
		;
		;
		;
		
	case 100: // STATE 242
		;
		now.left = trpt->bup.oval;
		;
		goto R999;

	case 101: // STATE 243
		;
		now.arrived = trpt->bup.oval;
		;
		goto R999;

	case 102: // STATE 244
		;
		now.stop = trpt->bup.oval;
		;
		goto R999;

	case 103: // STATE 245
		;
		now.box[0] = trpt->bup.oval;
		;
		goto R999;

	case 104: // STATE 246
		;
		now.box[ Index(((2-1)-1), 1) ] = trpt->bup.oval;
		;
		goto R999;

	case 105: // STATE 250
		;
		now.inside[ Index(((P1 *)_this)->_pid, 3) ] = trpt->bup.oval;
		;
		goto R999;

	case 106: // STATE 251
		;
		now.running = trpt->bup.oval;
		;
		goto R999;

	case 107: // STATE 252
		;
		((P1 *)_this)->me = trpt->bup.oval;
		;
		goto R999;

	case 108: // STATE 253
		;
		((P1 *)_this)->cursor = trpt->bup.oval;
		;
		goto R999;

	case 109: // STATE 254
		;
		((P1 *)_this)->b = trpt->bup.oval;
		;
		goto R999;

	case 110: // STATE 255
		;
		((P1 *)_this)->given = trpt->bup.oval;
		;
		goto R999;

	case 111: // STATE 256
		;
		((P1 *)_this)->busy = trpt->bup.oval;
		;
		goto R999;

	case 112: // STATE 257
		;
		((P1 *)_this)->mine = trpt->bup.oval;
		;
		goto R999;

	case 113: // STATE 258
		;
		((P1 *)_this)->stays = trpt->bup.oval;
		;
		goto R999;
	case 114: // STATE 276
		sv_restor();
		goto R999;

	case 115: // STATE 280
		;
		p_restor(II);
		;
		;
		goto R999;

		 /* PROC publisher */
	case 116: // STATE 10
		sv_restor();
		goto R999;
	case 117: // STATE 19
		sv_restor();
		goto R999;

	case 118: // STATE 24
		;
		p_restor(II);
		;
		;
		goto R999;
	}

